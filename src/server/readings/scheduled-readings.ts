import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import type { ScheduleObstacle } from '../../protocol/readings';
import { jittered } from '../../protocol/waits';
import { DevicesService, type DeviceInView } from '../devices/devices.service';
import { DeviceInformationService, reportsInformation } from '../devices/information/device-information.service';
import type { MeteredDeviceEntity } from './metered-device.entity';
import { ReadingSchedules } from './reading-schedules';
import { ReadingsRepository } from './readings.repository';

/**
 * Reads devices on schedule, by the request that also serves sessions and jobs. An agent that is asleep is not woken, and
 * reports when it returns; a device whose agent reports no information is not asked.
 */
@Injectable()
export class ScheduledReadings implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly repository: ReadingsRepository,
    private readonly schedules: ReadingSchedules,
    private readonly devices: DevicesService,
    private readonly information: DeviceInformationService,
    private readonly journal: Journal,
  ) {}

  onApplicationBootstrap(): void {
    this.running = this.runAlways().catch(() => undefined); // stopped while it waited
  }
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Reads the devices that are due, READINGS_AT_ONCE at a time. */
  async readDue(now = new Date()): Promise<void> {
    for (let count: number = LIMITS.READINGS_AT_ONCE; count === LIMITS.READINGS_AT_ONCE;) {
      this.stopping.signal.throwIfAborted();
      const due = await this.repository.due(now, LIMITS.READINGS_AT_ONCE);
      await Promise.all(due.map((each) => this.read(each, now)));
      count = due.length;
    }
  }

  private async runAlways(): Promise<void> {
    for (;;) {
      const ms = jittered(LIMITS.READING_CHECK_MS, { least: 0.75, most: 1.25 });
      await wait(ms, undefined, { signal: this.stopping.signal });
      await this.readDue().catch((error: unknown) => {
        if (!this.stopping.signal.aborted) this.journal.unexpected(error, 'reading devices on schedule');
      });
    }
  }

  /** The next one is scheduled first, so that no failure asks a device more often. */
  private async read({ id, deviceId, customerId }: MeteredDeviceEntity, now: Date): Promise<void> {
    const next = await this.schedules.next();
    const found = await this.devices.find(deviceId);
    await this.repository.scheduleNext(id, found ? next(customerId, now) : null);
    if (found && !obstacleTo(found)) await this.information.acquire(found.device);
  }
}

/** Why a device is not read on schedule now. */
export function obstacleTo({ device, online, asleep }: DeviceInView): Exclude<ScheduleObstacle, 'off'> | null {
  if (!reportsInformation(device)) return 'not-permitted';
  if (asleep) return 'asleep';
  return online ? null : 'offline';
}
