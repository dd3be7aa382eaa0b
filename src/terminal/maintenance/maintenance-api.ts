import { z } from 'zod';
import { page } from '../../protocol/api';
import { deviceSettings, type DeviceSettings } from '../../protocol/device-settings';
import { FIRMWARE_MEDIA_TYPE } from '../../protocol/firmware-package';
import { firmware, job, type Firmware, type Job, type newJob } from '../../protocol/maintenance';
import type { ApiClient } from '../api-client';
import { TERMINAL_LIMITS } from '../terminal-limits';

/** The API of maintenance jobs and firmware. Throws as ApiClient does. */
export class MaintenanceApi {
  constructor(private readonly client: ApiClient) {}

  /** S121 */
  instruct(deviceId: string, body: z.input<typeof newJob>): Promise<Job> {
    return this.client.call('POST', `/api/devices/${encodeURIComponent(deviceId)}/jobs`, job, body);
  }

  /** One page, newest first. */
  async jobs({ open, deviceId }: { open?: boolean; deviceId?: string }): Promise<Job[]> {
    const query = new URLSearchParams({ limit: '50', ...(open && { state: 'open' }), ...(deviceId && { deviceId }) });
    return (await this.client.call('GET', `/api/jobs?${query.toString()}`, page(job))).rows;
  }

  job(id: string): Promise<Job> {
    return this.client.call('GET', `/api/jobs/${encodeURIComponent(id)}`, job);
  }

  cancel(id: string): Promise<Job> {
    return this.client.call('POST', `/api/jobs/${encodeURIComponent(id)}/cancellation`, job);
  }

  settings(deviceId: string): Promise<DeviceSettings> {
    return this.client.call('GET', `/api/devices/${encodeURIComponent(deviceId)}/settings`, deviceSettings);
  }

  firmware(): Promise<Firmware[]> {
    return this.client.call('GET', '/api/firmware', z.array(firmware));
  }

  /** @param onProgress receives the number of bytes sent */
  uploadFirmware(content: Buffer, onProgress: (sent: number) => void): Promise<Firmware> {
    const file = {
      ...{ content, mediaType: FIRMWARE_MEDIA_TYPE, onProgress },
      timeoutMs: TERMINAL_LIMITS.FIRMWARE_UPLOAD_MS,
    };
    return this.client.upload('/api/firmware', firmware, file);
  }

  removeFirmware(id: string): Promise<void> {
    return this.client.send('DELETE', `/api/firmware/${encodeURIComponent(id)}`);
  }
}
