import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import { BatchedWrites } from '../../database/batched-writes';
import { DeviceInformationEntity } from './device-information.entity';
import { lockDevice } from '../devices.repository';
import { summaryOf } from '../reported-summary';
import type { Fact } from './update-decision';

/** All SQL for device information. */
@Injectable()
export class DeviceInformationRepository {
  constructor(
    @InjectRepository(DeviceInformationEntity) private readonly known: Repository<DeviceInformationEntity>,
    private readonly writes: BatchedWrites,
  ) {}

  find(deviceId: string): Promise<DeviceInformationEntity | null> {
    return this.known.findOneBy({ deviceId });
  }
  async of(deviceIds: string[]): Promise<Map<string, DeviceInformationEntity>> {
    const found = await this.known.findBy({ deviceId: In(deviceIds) });
    return new Map(found.map((each) => [each.deviceId, each]));
  }

  /**
   * Changes the given columns of a device's information.
   * @returns false if this agent has no such device (any more)
   */
  store(device: { id: string; agentId: string }, values: Partial<DeviceInformationEntity>): Promise<boolean> {
    return this.writes.run(device.agentId, async (manager) => {
      const summary = values.information ? summaryOf(values.information) : {};
      if (!(await lockDevice(manager, device, summary))) return false;
      await manager.upsert(DeviceInformationEntity, { ...values, deviceId: device.id }, ['deviceId']);
      return true;
    });
  }

  /** Notes when facts of a device have changed. */
  storeChanges(device: { id: string; agentId: string }, facts: readonly Fact[], at: Date): Promise<void> {
    return this.known.manager.transaction(async (manager) => {
      if (!(await lockDevice(manager, device))) return;
      const stored = await manager.findOneBy(DeviceInformationEntity, { deviceId: device.id });
      const changes = { ...stored?.changes, ...Object.fromEntries(facts.map((fact) => [fact, at.getTime()])) };
      await manager.upsert(DeviceInformationEntity, { changes, deviceId: device.id }, ['deviceId']);
    });
  }
}
