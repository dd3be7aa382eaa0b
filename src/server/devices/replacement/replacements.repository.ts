import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Not, Repository } from 'typeorm';
import { LIMITS } from '../../../protocol/limits';
import { lockDevice } from '../devices.repository';
import { DeviceInformationEntity } from '../information/device-information.entity';
import { ReplacementEntity } from './replacement.entity';

/** All SQL for replaced devices. */
@Injectable()
export class ReplacementsRepository {
  constructor(@InjectRepository(ReplacementEntity) private readonly replacements: Repository<ReplacementEntity>) {}

  /** Latest first. */
  of(deviceId: string): Promise<ReplacementEntity[]> {
    return this.replacements.find({ where: { deviceId }, order: { id: 'DESC' }, take: LIMITS.REPLACEMENTS_SHOWN });
  }

  /** Asks what a life counter that went back means. @returns false if that is asked already */
  async ask(deviceId: string, countersBack: NonNullable<DeviceInformationEntity['countersBack']>): Promise<boolean> {
    const { manager } = this.replacements;
    const unasked = { deviceId, countersBack: IsNull() };
    return (await manager.update(DeviceInformationEntity, unasked, { countersBack })).affected === 1;
  }
  /** @returns false if it was not asked */
  async withdraw(deviceId: string): Promise<boolean> {
    const { manager } = this.replacements;
    const asked = { deviceId, countersBack: Not(IsNull()) };
    return (await manager.update(DeviceInformationEntity, asked, { countersBack: null })).affected === 1;
  }

  /**
   * Stores a decision, and what is expected from now on.
   * @returns false if this agent has no such device (any more)
   */
  add(device: { id: string; agentId: string }, decision: Omit<ReplacementEntity, 'id' | 'deviceId'>): Promise<boolean> {
    return this.replacements.manager.transaction(async (manager) => {
      if (!(await lockDevice(manager, device))) return false;
      await manager.insert(ReplacementEntity, { ...decision, deviceId: device.id });
      const expected = { identity: decision.after, countersBack: null };
      await manager.update(DeviceInformationEntity, { deviceId: device.id }, expected);
      return true;
    });
  }
}
