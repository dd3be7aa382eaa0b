import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import type { DeviceInformation } from '../../protocol/device-information';
import { DeviceEvents } from '../devices/device-events';
import { ReadingSchedules } from './reading-schedules';
import { ReadingsRepository } from './readings.repository';

/** Records a reading of every device information: on demand, on change, on schedule. */
@Injectable()
export class ReadingBookings implements OnModuleInit {
  constructor(
    private readonly repository: ReadingsRepository,
    private readonly schedules: ReadingSchedules,
    private readonly events: DeviceEvents,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.events.on('reported', ({ device, information }) => this.record(device, information));
  }

  private async record(device: { id: string; agentId: string }, information: DeviceInformation): Promise<void> {
    const at = new Date();
    const next = await this.schedules.next();
    const jumps = await this.repository.record(device, information, at, (customerId) => next(customerId, at));
    for (const { counter, before, after } of jumps ?? [])
      this.journal.warn('a meter of a device has jumped', { deviceId: device.id, counter, before, after });
  }
}
