import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, Not, Repository, type EntityManager } from 'typeorm';
import type { z } from 'zod';
import type { reportFound } from '../../../protocol/control-channel';
import { isSameDevice, UNIDENTIFIED, type DeviceIdentity } from '../../../protocol/device-identity';
import { BatchedWrites } from '../../database/batched-writes';
import { readPage, type Page, type PageQuery } from '../../database/page';
import { AgentEntity } from '../agents/agent.entity';
import { DeviceEntity } from '../device.entity';
import { DeviceInformationEntity } from '../information/device-information.entity';
import { FoundDeviceEntity } from './found-device.entity';

type Report = z.output<typeof reportFound.request>;

/** All SQL for found devices. */
@Injectable()
export class FoundDevicesRepository {
  constructor(
    @InjectRepository(FoundDeviceEntity) private readonly found: Repository<FoundDeviceEntity>,
    private readonly writes: BatchedWrites,
  ) {}

  find(id: string): Promise<FoundDeviceEntity | null> {
    return this.found.findOneBy({ id });
  }

  /** Those found last first. */
  page(isDismissed: boolean, page: PageQuery): Promise<Page<FoundDeviceEntity>> {
    const dismissedAt = isDismissed ? Not(IsNull()) : IsNull();
    const query = this.found.createQueryBuilder('f').where({ dismissedAt });
    return readPage(query, ['firstFoundAt', 'id'], 'DESC', page);
  }

  /** What these agents have found, those found last first. */
  of(agentIds: readonly string[], isDismissed: boolean): Promise<FoundDeviceEntity[]> {
    return this.found.find({
      where: { agentId: In([...agentIds]), dismissedAt: isDismissed ? Not(IsNull()) : IsNull() },
      order: { firstFoundAt: 'DESC', id: 'DESC' },
    });
  }

  /** The device that these agents serve and that has these marks. */
  async served(agentIds: readonly string[], marks: DeviceIdentity): Promise<ServedDevice | undefined> {
    return (await servedBy(this.found.manager, agentIds)).find(({ identity }) => isSameDevice(identity, marks));
  }

  /**
   * Stores what an agent reports. A device that an agent of its site serves is not stored, and neither is one with the ID of
   * another agent's. What was dismissed for another agent of the site stays dismissed.
   * @returns false if there is no such agent (any more)
   */
  report(agentId: string, { mayTakeIn, ids, found }: Report): Promise<boolean> {
    return this.writes.run(agentId, async (manager) => {
      // holds the row, so that a concurrent removal of the agent also removes what is stored now
      if ((await manager.update(AgentEntity, { id: agentId }, { id: agentId })).affected !== 1) return false;
      await manager.delete(FoundDeviceEntity, { agentId, ...(ids.length > 0 && { id: Not(In(ids)) }) });
      await manager.update(FoundDeviceEntity, { agentId, mayTakeIn: !mayTakeIn }, { mayTakeIn });
      if (found.length === 0) return true;
      const neighbours = await agentsAtSiteOf(manager, agentId);
      const known = await servedBy(manager, neighbours);
      const isNew = (marks: DeviceIdentity): boolean => !known.some(({ identity }) => isSameDevice(identity, marks));
      const dismissed = await manager.findBy(FoundDeviceEntity, {
        agentId: In(neighbours.filter((id) => id !== agentId)),
        dismissedAt: Not(IsNull()),
      });
      const stored = await manager.findBy(FoundDeviceEntity, { id: In(found.map(({ id }) => id)) });
      const byId = new Map(stored.map((each) => [each.id, each]));
      for (const device of found) {
        const before = byId.get(device.id);
        if (before && before.agentId !== agentId) continue;
        if (!isNew(device.identity)) await manager.delete(FoundDeviceEntity, { id: device.id });
        else if (before) await manager.update(FoundDeviceEntity, { id: device.id }, { found: device });
        else {
          const same = dismissed.find((each) => isSameDevice(each.found.identity, device.identity));
          await manager.insert(FoundDeviceEntity, {
            ...{ id: device.id, agentId, found: device, mayTakeIn },
            ...{ dismissedAt: same?.dismissedAt ?? null, dismissedBy: same?.dismissedBy ?? null },
            firstFoundAt: new Date(device.firstFoundAt),
          });
        }
      }
      return true;
    });
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.found.delete({ id: In([...ids]) });
  }

  /** @param by undefined: they are not dismissed any more @returns false if there are none */
  async dismiss(ids: readonly string[], by: string | undefined): Promise<boolean> {
    const values = { dismissedAt: by === undefined ? null : new Date(), dismissedBy: by ?? null };
    return (await this.found.update({ id: In([...ids]) }, values)).affected !== 0;
  }
}

export interface ServedDevice {
  readonly deviceId: string;
  readonly agentId: string;
  readonly identity: DeviceIdentity;
}

/** With itself. */
async function agentsAtSiteOf(manager: EntityManager, agentId: string): Promise<string[]> {
  const select = { id: true, siteId: true } as const;
  const siteId = (await manager.findOne(AgentEntity, { where: { id: agentId }, select }))?.siteId ?? null;
  if (siteId === null) return [agentId];
  return (await manager.find(AgentEntity, { where: { siteId }, select })).map(({ id }) => id);
}

/** The devices of agents, once for each set of marks by which they are recognized. */
async function servedBy(manager: EntityManager, agentIds: readonly string[]): Promise<ServedDevice[]> {
  const devices = await manager.find(DeviceEntity, {
    where: { agentId: In([...agentIds]) },
    select: { id: true, agentId: true, serialNumber: true, reportedSerialNumber: true },
  });
  const information = await manager.find(DeviceInformationEntity, {
    where: { deviceId: In(devices.map(({ id }) => id)) },
    select: { deviceId: true, identity: true },
  });
  const learnt = new Map(information.map(({ deviceId, identity }) => [deviceId, identity]));
  return devices.flatMap(({ id: deviceId, agentId, serialNumber, reportedSerialNumber }) => {
    const named = [serialNumber, reportedSerialNumber].filter(Boolean);
    const identities = named.map((each): DeviceIdentity => ({ ...UNIDENTIFIED, serialNumber: each }));
    return [...identities, ...[learnt.get(deviceId) ?? []].flat()].map((identity) => ({ deviceId, agentId, identity }));
  });
}
