import { Injectable } from '@nestjs/common';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import type {
  ManualReading,
  MeterJump,
  Reading,
  Readings,
  ReadingsQuery,
  ScheduleObstacle,
} from '../../protocol/readings';
import type { Actor } from '../auth/actor';
import { AuditService } from '../auth/audit/audit.service';
import { CustomersService } from '../customers/customers.service';
import { DevicesService } from '../devices/devices.service';
import { ReplacementsService } from '../devices/replacement/replacements.service';
import { InvalidRequest } from '../http/http.errors';
import type { MeteredDeviceEntity } from './metered-device.entity';
import type { MeterJumpEntity, ReadingEntity } from './reading.entity';
import { ReadingSchedules } from './reading-schedules';
import { UnknownMeteredDevice, UnknownMeterJump } from './readings.errors';
import { ReadingsRepository } from './readings.repository';
import { obstacleTo } from './scheduled-readings';
import { forecastOf } from './supply-forecast';
import { DAY_MS } from './thinning';
import { levelsIn } from './trends';

/** Meter readings as users see them, and what they enter by hand. */
@Injectable()
export class ReadingsService {
  constructor(
    private readonly repository: ReadingsRepository,
    private readonly schedules: ReadingSchedules,
    private readonly devices: DevicesService,
    private readonly customers: CustomersService,
    private readonly replacements: ReplacementsService,
    private readonly audit: AuditService,
  ) {}

  /** @throws UnknownDevice */
  async readings(actor: Actor, deviceId: string, { from, to, points }: ReadingsQuery): Promise<Readings> {
    const inView = await this.devices.get(actor, deviceId);
    const metered = await this.current(deviceId, inView.siteId);
    const hours = await this.schedules.hoursOf(metered?.customerId ?? null);
    const obstacle: ScheduleObstacle | null = hours === 0 ? 'off' : obstacleTo(inView);
    const nextAt = obstacle === 'off' || obstacle === 'not-permitted' ? null : (metered?.nextAt ?? null);
    const schedule = { hours, nextAt: nextAt && toInstant(nextAt), obstacle };
    if (!metered)
      return { meteredDeviceId: null, since: null, serialNumber: '', readings: [], supplies: [], jumps: [], schedule };
    const [rows, jumps, supplies] = await Promise.all([
      this.repository.sampled(metered.id, new Date(from), new Date(to), points),
      this.repository.jumpsOf(metered.id),
      this.forecasts(metered),
    ]);
    return {
      meteredDeviceId: metered.id,
      since: toInstant(metered.firstAt),
      serialNumber: metered.serialNumber,
      readings: rows.map(presentedReading),
      supplies,
      jumps: jumps.map(presentedJump),
      schedule,
    };
  }

  /** Enters counters by hand. @throws UnknownMeteredDevice, also out of reach of the actor; InvalidRequest */
  async enter(actor: Actor, meteredDeviceId: number, { at, counters, reason }: ManualReading): Promise<Reading> {
    const metered = await this.repository.metered(meteredDeviceId);
    if (!metered || !(await this.customers.sees(actor, metered))) throw new UnknownMeteredDevice();
    const moment = new Date(at);
    const now = Date.now();
    if (moment.getTime() > now || moment.getTime() < now - LIMITS.READING_ADDED_MS)
      throw new InvalidRequest('A reading cannot be entered for this time.', [
        { path: 'at', message: 'must be in the past, and not longer ago than 400 days' },
      ]);
    const before = await this.repository.countedBefore(metered.id, moment);
    const entered: ReadingEntity = {
      meteredDeviceId: metered.id,
      at: moment,
      state: 'unknown',
      counters: { ...before?.counters, ...counters },
      levels: {},
      enteredBy: actor.displayName.slice(0, 100),
      reason,
    };
    await this.repository.enter(entered);
    const said = Object.entries(counters).map(([name, count]) => `${name}=${count}`);
    await this.audit.record(actor, 'reading.entered', metered.deviceId, `${at}, ${said.join(', ')}: ${reason}`);
    return presentedReading(entered);
  }

  /** Enters what a counter that jumped has counted meanwhile. @throws UnknownMeterJump, also out of reach of the actor */
  async enterOffset(actor: Actor, jumpId: string, offset: number, reason: string): Promise<void> {
    const found = await this.repository.jump(jumpId);
    const { jump, metered } = found ?? {};
    if (!jump || !metered) throw new UnknownMeterJump();
    if (!(await this.customers.sees(actor, metered))) throw new UnknownMeterJump();
    await this.repository.enterOffset(jumpId, { offset, reason, enteredBy: actor.displayName.slice(0, 100) });
    const { counter, before, after } = jump;
    // the same question, asked on the same page
    await this.replacements.withdrawCounters(metered.deviceId);
    const what = `${counter} ${before} -> ${after}, offset ${offset}: ${reason}`;
    await this.audit.record(actor, 'meter-offset.entered', metered.deviceId, what);
  }

  /** Readings of a device that was at another customer under this ID are of no concern to this one. */
  private async current(deviceId: string, siteId: string | null): Promise<MeteredDeviceEntity | null> {
    const metered = await this.repository.ofDevice(deviceId);
    return metered?.siteId === siteId ? metered : null;
  }

  private async forecasts(metered: MeteredDeviceEntity): Promise<Readings['supplies']> {
    const now = new Date();
    const from = new Date(now.getTime() - LIMITS.FORECAST_DAYS * DAY_MS);
    const rows = await this.repository.sampled(metered.id, from, now, 2 * LIMITS.FORECAST_DAYS);
    const last = rows.findLast(({ counters }) => counters !== null);
    return metered.supplies.flatMap(({ key, name, type, colour, receptacle }) => {
      const level = last?.levels[key];
      if (level === undefined) return [];
      const empty = forecastOf(levelsIn(rows, key), now);
      return { key, name, type, colour, ...(receptacle && { receptacle }), level, empty };
    });
  }
}

const presentedReading = ({ at, state, counters, levels }: ReadingEntity): Reading => ({
  at: toInstant(at),
  state,
  counters,
  levels,
});

const presentedJump = ({ id, counter, at, before, after, offset, reason, enteredBy }: MeterJumpEntity): MeterJump => ({
  ...{ id, counter, at: toInstant(at), before, after, offset, reason, enteredBy },
});
