import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import type { DeviceReplacement } from '../../protocol/api';
import type { DeviceInformation } from '../../protocol/device-information';
import { DeviceEvents } from '../devices/device-events';
import { ReplacementsService } from '../devices/replacement/replacements.service';
import type { MeterJumpEntity } from './reading.entity';
import { ReadingSchedules } from './reading-schedules';
import { ReadingsRepository } from './readings.repository';

/** What is added to the difference of a counter that went back, by what an administrator has decided. */
const OFFSETS: Readonly<Record<DeviceReplacement['as'], (jump: MeterJumpEntity) => number>> = {
  // it counts from 0, so that all of the new value was counted since
  'new-board': ({ before }) => before,
  // what the other device had counted before is of no concern
  'another-device': ({ before, after }) => before - after,
};
const REASONS: Readonly<Record<DeviceReplacement['as'], string>> = {
  'new-board': 'new board',
  'another-device': 'another device',
};

/**
 * Records a reading of every device information: on demand, on change, on schedule. This is the one place where counters that
 * go back are noticed; what that means is asked on the page of the device, once for all of its counters.
 */
@Injectable()
export class ReadingBookings implements OnModuleInit {
  constructor(
    private readonly repository: ReadingsRepository,
    private readonly schedules: ReadingSchedules,
    private readonly replacements: ReplacementsService,
    private readonly events: DeviceEvents,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.events.on('reported', ({ device, information }) => this.record(device, information));
    this.events.on('counters-decided', ({ deviceId, at, as, by }) => this.decided(deviceId, at, as, by));
  }

  private async record(device: { id: string; agentId: string }, information: DeviceInformation): Promise<void> {
    const at = new Date();
    const next = await this.schedules.next();
    const recorded = await this.repository.record(device, information, at, (customerId) => next(customerId, at));
    if (!recorded) return;
    for (const { counter, before, after } of recorded.jumps)
      this.journal.warn('a meter of a device has jumped', { deviceId: device.id, counter, before, after });
    if (recorded.life === 'back') {
      const { before } = recorded;
      await this.replacements.askAboutCounters(device.id, { at, before, after: information.counters });
    }
    if (recorded.life === 'recovered') await this.replacements.withdrawCounters(device.id);
  }

  private async decided(deviceId: string, at: Date, as: DeviceReplacement['as'], by: string): Promise<void> {
    const metered = await this.repository.ofDevice(deviceId);
    if (!metered) return;
    const entered = { reason: REASONS[as], enteredBy: by.slice(0, 100) };
    await this.repository.enterOffsets(metered.id, at, entered, OFFSETS[as]);
  }
}
