import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import type { SettingRow } from '../../../protocol/device-settings';
import { lockDevice } from '../devices.repository';
import { DeviceSettingsEntity, reportedValues } from './device-settings.entity';

/** All SQL for the settings of devices. */
@Injectable()
export class DeviceSettingsRepository {
  constructor(@InjectRepository(DeviceSettingsEntity) private readonly settings: Repository<DeviceSettingsEntity>) {}

  find(deviceId: string): Promise<DeviceSettingsEntity | null> {
    return this.settings.findOneBy({ deviceId });
  }
  async of(deviceIds: readonly string[]): Promise<Map<string, DeviceSettingsEntity>> {
    const found = await this.settings.findBy({ deviceId: In([...deviceIds]) });
    return new Map(found.map((each) => [each.deviceId, each]));
  }

  /** @param merge the rows to store, from the stored ones; not called if this agent has no such device (any more) */
  store(
    { id: deviceId, agentId }: { id: string; agentId: string },
    jobId: string,
    merge: (stored: readonly SettingRow[]) => SettingRow[],
  ): Promise<void> {
    return this.settings.manager.transaction(async (manager) => {
      if (!(await lockDevice(manager, { id: deviceId, agentId }))) return;
      const stored = await manager.findOneBy(DeviceSettingsEntity, { deviceId });
      const rows = merge(stored?.rows ?? []);
      const values = { deviceId, rows, reported: reportedValues(rows), readAt: new Date(), jobId };
      await manager.upsert(DeviceSettingsEntity, values, ['deviceId']);
    });
  }
}
