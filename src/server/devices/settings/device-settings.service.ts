import { Injectable } from '@nestjs/common';
import type { DeviceSettings, SettingRow } from '../../../protocol/device-settings';
import { toInstant } from '../../../protocol/names';
import type { Actor } from '../../auth/actor';
import { DevicesService } from '../devices.service';
import { DeviceSettingsRepository } from './device-settings.repository';

/** What a device has reported last, when, and in which job. */
export interface KnownSettings {
  readonly rows: readonly SettingRow[];
  readonly readAt: Date;
  readonly jobId: string;
}

/** The settings of devices, as jobs have read and set them. */
@Injectable()
export class DeviceSettingsService {
  constructor(
    private readonly repository: DeviceSettingsRepository,
    private readonly devices: DevicesService,
  ) {}

  /** @throws UnknownDevice, also for a device out of reach of the actor */
  async get(actor: Actor, deviceId: string): Promise<DeviceSettings> {
    await this.devices.get(actor, deviceId);
    const found = await this.repository.find(deviceId);
    if (!found) return { deviceId, readAt: null, jobId: null, rows: [] };
    return { deviceId, readAt: toInstant(found.readAt), jobId: found.jobId, rows: found.rows };
  }

  /** What these devices have reported last; without those that have reported nothing. */
  knownOf(deviceIds: readonly string[]): Promise<ReadonlyMap<string, KnownSettings>> {
    return this.repository.of(deviceIds);
  }

  /** Stores what a job reports. Harmless to repeat. @param isWhole whether the report has all settings of the device */
  async reported(
    device: { id: string; agentId: string },
    jobId: string,
    rows: readonly SettingRow[],
    isWhole: boolean,
  ): Promise<void> {
    if (rows.length > 0) await this.repository.store(device, jobId, (stored) => merged(isWhole ? [] : stored, rows));
  }
}

/** What was reported last of each setting, without the outcome of a job. */
function merged(stored: readonly SettingRow[], reported: readonly SettingRow[]): SettingRow[] {
  const known = new Map(stored.map((row) => [row.name, row]));
  for (const row of reported) {
    const outcome = row.value === null ? 'unsupported' : 'read';
    known.set(row.name, { ...row, outcome, detail: outcome === 'read' ? '' : row.detail });
  }
  return [...known.values()];
}
