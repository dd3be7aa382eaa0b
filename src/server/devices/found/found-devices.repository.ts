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

  /**
   * Stores what an agent reports. A device that it has already is not stored, and neither is one with the ID of another
   * agent's.
   * @returns false if there is no such agent (any more)
   */
  report(agentId: string, { mayTakeIn, ids, found }: Report): Promise<boolean> {
    return this.writes.run(agentId, async (manager) => {
      // holds the row, so that a concurrent removal of the agent also removes what is stored now
      if ((await manager.update(AgentEntity, { id: agentId }, { id: agentId })).affected !== 1) return false;
      await manager.delete(FoundDeviceEntity, { agentId, ...(ids.length > 0 && { id: Not(In(ids)) }) });
      await manager.update(FoundDeviceEntity, { agentId, mayTakeIn: !mayTakeIn }, { mayTakeIn });
      if (found.length === 0) return true;
      const known = await identitiesOf(manager, agentId);
      const isNew = (identity: DeviceIdentity): boolean => !known.some((each) => isSameDevice(each, identity));
      const stored = await manager.findBy(FoundDeviceEntity, { id: In(found.map(({ id }) => id)) });
      const byId = new Map(stored.map((each) => [each.id, each]));
      for (const device of found) {
        const before = byId.get(device.id);
        if (before && before.agentId !== agentId) continue;
        if (!isNew(device.identity)) await manager.delete(FoundDeviceEntity, { id: device.id });
        else if (before) await manager.update(FoundDeviceEntity, { id: device.id }, { found: device });
        else
          await manager.insert(FoundDeviceEntity, {
            ...{ id: device.id, agentId, found: device, mayTakeIn, dismissedAt: null, dismissedBy: null },
            firstFoundAt: new Date(device.firstFoundAt),
          });
      }
      return true;
    });
  }

  async remove(id: string): Promise<void> {
    await this.found.delete({ id });
  }

  /** @param by undefined: it is not dismissed any more @returns false if there is no such device */
  async dismiss(id: string, by: string | undefined): Promise<boolean> {
    const values = { dismissedAt: by === undefined ? null : new Date(), dismissedBy: by ?? null };
    return (await this.found.update({ id }, values)).affected === 1;
  }
}

/** By which the devices of an agent are recognized. */
async function identitiesOf(manager: EntityManager, agentId: string): Promise<DeviceIdentity[]> {
  const devices = await manager.find(DeviceEntity, {
    where: { agentId },
    select: { id: true, serialNumber: true, reportedSerialNumber: true },
  });
  const information = await manager.find(DeviceInformationEntity, {
    where: { deviceId: In(devices.map(({ id }) => id)) },
    select: { deviceId: true, identity: true },
  });
  const learnt = information.flatMap(({ identity }) => identity ?? []);
  const named = devices.flatMap(({ serialNumber, reportedSerialNumber }) => [serialNumber, reportedSerialNumber]);
  return [...learnt, ...named.filter(Boolean).map((serialNumber) => ({ ...UNIDENTIFIED, serialNumber }))];
}
