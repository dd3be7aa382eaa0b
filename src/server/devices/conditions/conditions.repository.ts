import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, LessThanOrEqual, Repository } from 'typeorm';
import type { AccessCondition } from '../../../protocol/access-conditions';
import type { ReportedDenial } from '../../../protocol/control-channel';
import { LIMITS } from '../../../protocol/limits';
import { sha256 } from '../../../tunnel/sha256';
import { within, type Reach } from '../../customers/reach';
import { readPage, type Page, type PageQuery } from '../../database/page';
import { AgentEntity } from '../agents/agent.entity';
import type { DeviceEntity } from '../device.entity';
import { lockDevice } from '../devices.repository';
import { BatchedWrites } from '../../database/batched-writes';
import { DenialEntity } from './denial.entity';
import { ReportedConditionsEntity } from './reported-conditions.entity';

type DeviceBehindAgent = Pick<DeviceEntity, 'id' | 'agentId'>;

/** All SQL for what agents report about access conditions and denials. */
@Injectable()
export class ConditionsRepository {
  constructor(
    @InjectRepository(ReportedConditionsEntity) private readonly reported: Repository<ReportedConditionsEntity>,
    @InjectRepository(DenialEntity) private readonly denials: Repository<DenialEntity>,
    private readonly writes: BatchedWrites,
  ) {}

  find(deviceId: string): Promise<ReportedConditionsEntity | null> {
    return this.reported.findOneBy({ deviceId });
  }

  /**
   * Replaces the access conditions of a device.
   * @returns false if this agent has no such device (any more)
   */
  replace(device: DeviceBehindAgent, conditions: AccessCondition[]): Promise<boolean> {
    return this.writes.run(device.agentId, async (manager) => {
      if (!(await lockDevice(manager, device))) return false;
      const values = { deviceId: device.id, conditions, reportedAt: new Date() };
      await manager.upsert(ReportedConditionsEntity, values, ['deviceId']);
      return true;
    });
  }

  /**
   * Stores denials in the order of the report, each once, and removes the oldest of the device beyond
   * DENIALS_PER_DEVICE.
   * @returns false if this agent has no such device (any more)
   */
  add(device: DeviceBehindAgent, reported: readonly ReportedDenial[]): Promise<boolean> {
    const deviceId = device.id;
    return this.writes.run(device.agentId, async (manager) => {
      if (!(await lockDevice(manager, device))) return false;
      const byHash = new Map<string, ReportedDenial>();
      for (const denial of reported) keepGreater(byHash, hashOf(denial), denial);
      const known = await manager.findBy(DenialEntity, { deviceId, hash: In([...byHash.keys()]) });
      for (const { id, hash, denial } of known) {
        const again = byHash.get(hash)!;
        byHash.delete(hash);
        if (again.count > denial.count) await manager.update(DenialEntity, { id }, { denial: again });
      }
      const reportedAt = new Date();
      const { siteId = null } = (await manager.findOneBy(AgentEntity, { id: device.agentId })) ?? {};
      await manager.insert(
        DenialEntity,
        [...byHash].map(([hash, denial]) => ({ deviceId, siteId, hash, denial, reportedAt })),
      );
      const beyond = { where: { deviceId }, order: { id: 'DESC' }, skip: LIMITS.DENIALS_PER_DEVICE, take: 1 } as const;
      const [last] = await manager.find(DenialEntity, beyond);
      if (last) await manager.delete(DenialEntity, { deviceId, id: LessThanOrEqual(last.id) });
      return true;
    });
  }

  /** Those within reach, newest first. */
  page(reach: Reach, deviceId: string, page: PageQuery): Promise<Page<DenialEntity>> {
    const ofDevice = this.denials.createQueryBuilder('d').where({ deviceId });
    const columns = { site: 'd.siteId', device: 'd.deviceId', requester: null };
    return readPage(within(ofDevice, reach, columns), ['id'], 'DESC', page);
  }
}

const hashOf = ({ count: _, ...denial }: ReportedDenial): string =>
  sha256(JSON.stringify(denial)).toString('base64url');

function keepGreater(byHash: Map<string, ReportedDenial>, hash: string, denial: ReportedDenial): void {
  const known = byHash.get(hash);
  if (!known || denial.count > known.count) byHash.set(hash, denial);
}
