import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Not, Repository, type EntityManager } from 'typeorm';
import { coversDevice } from '../../protocol/names';
import { within, type Reach } from '../customers/reach';
import { readPage, type Page, type PageQuery } from '../database/page';
import { BatchedReads, idsByAgent } from '../database/batched-reads';
import { BatchedWrites } from '../database/batched-writes';
import { AgentEntity } from './agents/agent.entity';
import { DenialEntity } from './conditions/denial.entity';
import { ReportedConditionsEntity } from './conditions/reported-conditions.entity';
import { DeviceInformationEntity } from './information/device-information.entity';
import { DeviceNotesEntity } from './notes/device-notes.entity';
import { DeviceSettingsEntity } from './settings/device-settings.entity';
import { DeviceEntity, type AnnouncedDeviceRow } from './device.entity';
import type { ReportedSummary } from './reported-summary';
import { ReplacementEntity } from './replacement/replacement.entity';

/** What agents have reported about devices. */
const REPORTED = [
  DeviceInformationEntity,
  DeviceSettingsEntity,
  ReportedConditionsEntity,
  DenialEntity,
  ReplacementEntity,
];

/** Removes devices of an agent with all that it has reported about them. */
export async function removeDevices(manager: EntityManager, agentId: string, devices: DeviceEntity[]): Promise<void> {
  if (devices.length === 0) return;
  const ids = devices.map(({ id }) => id);
  await manager.delete(DeviceEntity, { agentId, id: In(ids) });
  for (const about of REPORTED) await manager.delete(about, { deviceId: In(ids) });
}

/**
 * Locks the row of a device within a transaction, so that a concurrent removal of the device also removes what is
 * stored about it now.
 * @param changes of the row, in the same statement
 * @returns false if this agent has no such device (any more)
 */
export async function lockDevice(
  manager: EntityManager,
  { id, agentId }: { id: string; agentId: string },
  changes: Partial<ReportedSummary> = {},
): Promise<boolean> {
  const { affected } = await manager.update(DeviceEntity, { id, agentId }, { agentId, ...changes });
  return affected === 1;
}

@Injectable()
export class DevicesRepository {
  private readonly idsBehind = new BatchedReads<string[]>(async (agentIds) => {
    const where = { agentId: In(agentIds) };
    return idsByAgent(await this.devices.find({ where, select: { id: true, agentId: true } }));
  });

  constructor(
    @InjectRepository(DeviceEntity) private readonly devices: Repository<DeviceEntity>,
    private readonly writes: BatchedWrites,
  ) {}

  page(reach: Reach, page: PageQuery): Promise<Page<DeviceEntity>> {
    const query = this.devices.createQueryBuilder('d').innerJoin(AgentEntity, 'a', 'a.id = d.agentId');
    return readPage(within(query, reach, { site: 'a.siteId', device: 'd.id', requester: null }), ['id'], 'ASC', page);
  }
  find(id: string): Promise<DeviceEntity | null> {
    return this.devices.findOneBy({ id });
  }
  among(ids: readonly string[]): Promise<DeviceEntity[]> {
    return this.devices.findBy({ id: In([...ids]) });
  }
  of(agentId: string): Promise<DeviceEntity[]> {
    return this.devices.findBy({ agentId });
  }
  /** As `of`, when the connection of the agent has changed: so have those of many at the same time. */
  async idsOf(agentId: string): Promise<readonly string[]> {
    return (await this.idsBehind.find(agentId)) ?? [];
  }
  /**
   * Replaces the devices of an agent, unless its last announcement had the same hash. A device of another agent is not
   * changed, and a new one that the enrolment of the agent does not cover is not added.
   * @returns the IDs of such devices, and whether the announcement differs from the last one; undefined if the agent does
   * not exist (any more)
   */
  replace(
    agentId: string,
    devices: AnnouncedDeviceRow[],
    announcement: Pick<AgentEntity, 'version' | 'lastSeenAt' | 'asleepSince' | 'wake'> & { announcementHash: string },
  ): Promise<{ refused: string[]; differs: boolean } | undefined> {
    const { announcementHash } = announcement;
    return this.writes.run(agentId, async (manager) => {
      const same = await manager.update(AgentEntity, { id: agentId, announcementHash }, announcement);
      if (same.affected === 1) {
        await manager.update(DeviceEntity, { agentId }, { announcedAt: announcement.lastSeenAt ?? undefined });
        return { refused: [], differs: false };
      }
      const refused = await this.replaceAll(manager, agentId, devices, announcement);
      if (!refused) return undefined;
      // a device that another agent has now may be free at the next announcement
      if (refused.length > 0) await manager.update(AgentEntity, { id: agentId }, { announcementHash: null });
      return { refused, differs: true };
    });
  }

  private async replaceAll(
    manager: EntityManager,
    agentId: string,
    devices: AnnouncedDeviceRow[],
    agent: Partial<AgentEntity>,
  ): Promise<string[] | undefined> {
    const { affected } = await manager.update(AgentEntity, { id: agentId }, agent);
    if (affected !== 1) return undefined;
    const known = await manager.findBy(DeviceEntity, { id: In(devices.map((device) => device.id)) });
    const owners = new Map(known.map((device) => [device.id, device.agentId]));
    const enrolled = await manager.findOne(AgentEntity, {
      where: { id: agentId },
      select: { id: true, deviceIds: true },
    });
    const mayAdd = (id: string) => coversDevice(enrolled?.deviceIds ?? [], id);
    const accepted = devices.filter(({ id }) => (owners.has(id) ? owners.get(id) === agentId : mayAdd(id)));
    const gone = await manager.findBy(DeviceEntity, { agentId, id: Not(In(accepted.map((device) => device.id))) });
    await removeDevices(manager, agentId, gone);
    await manager.save(
      accepted.filter((device) => owners.has(device.id)).map((each) => manager.create(DeviceEntity, each)),
    );
    const added = accepted.filter((device) => !owners.has(device.id));
    // what was noted about a device of another agent
    const ids = In(added.map((device) => device.id));
    if (added.length > 0) await manager.delete(DeviceNotesEntity, { deviceId: ids, agentId: Not(agentId) });
    // not `save`: if two agents announce a new device at once, the second must not take it from the first
    await manager.insert(DeviceEntity, added);
    return devices.filter((device) => !accepted.includes(device)).map((device) => device.id);
  }
}
