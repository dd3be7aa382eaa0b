import { z } from 'zod';
import { COUNTERS, counterName, counters, deviceState, SUPPLIES, supply } from './device-information';
import { LIMITS } from './limits';
import { instant } from './names';
import { shownLine } from './shown-text';

/** Meter readings: what devices reported at a time, kept for plots, forecasts and reports. */

/** One physical device at one customer, whose readings form one series. */
export const meteredDeviceId = z
  .int()
  .positive()
  .max(2 ** 31 - 1);

/** State of a device at a reading; `not-reached`: it did not answer its agent. */
export const readingState = z.enum([...deviceState.options, 'not-reached']);
export type ReadingState = z.infer<typeof readingState>;

/** Of a supply: remaining per cent; `some`: only that something remains (-3 in RFC 3805); null: not known. */
export const supplyLevel = z.union([supply.shape.level, z.literal('some')]);
export type SupplyLevel = z.infer<typeof supplyLevel>;
const supplyKey = z.string().max(110);

export const reading = z.object({
  at: instant,
  state: readingState,
  /** null: the device did not answer. */
  counters: counters.nullable(),
  /** Levels of the supplies by name. */
  levels: z.record(supplyKey, supplyLevel).refine((all) => Object.keys(all).length <= SUPPLIES),
});
export type Reading = z.infer<typeof reading>;

/** A supply, and when it will be empty (a receptacle: full) if it is used as it was since its last replacement. */
export const forecastSupply = z.object({
  /** Its key in the levels of a reading: its name, with a number if several have the same. */
  key: supplyKey,
  ...supply.pick({ name: true, type: true, colour: true, receptacle: true }).shape,
  level: supplyLevel,
  /** null: its use is not known. `at` is the day; `perDay` is in per cent. */
  empty: z.object({ at: instant, days: z.int().nonnegative(), perDay: z.number().positive() }).nullable(),
});
export type ForecastSupply = z.infer<typeof forecastSupply>;

/** Why a scheduled reading does not take place at the moment. */
export const SCHEDULE_OBSTACLES = {
  off: 'No readings are scheduled for the customer of this device.',
  'not-permitted': 'The agent may not report information of this device.',
  asleep: 'The agent of this device saves power. It is not woken for a reading.',
  offline: 'The agent of this device is not connected.',
} as const;
export type ScheduleObstacle = keyof typeof SCHEDULE_OBSTACLES;
export const scheduleObstacle = z.enum(Object.keys(SCHEDULE_OBSTACLES) as [ScheduleObstacle, ...ScheduleObstacle[]]);

/** How often devices are read; 0: only on demand and on change. */
export const readingHours = z
  .int()
  .min(0)
  .max(31 * 24);
export const readingSchedule = z.object({ hours: readingHours });
export type ReadingSchedule = z.infer<typeof readingSchedule>;
/** `hours`: null for the setting of the server. */
export const readingScheduleChange = z.strictObject({ hours: readingHours.nullable() });
export const customerSchedule = z.object({ customerId: z.uuid(), hours: readingHours });
/** Customers without an entry have `usual`. */
export const readingSchedules = z.object({ usual: readingHours, customers: z.array(customerSchedule) });
export type ReadingSchedules = z.infer<typeof readingSchedules>;

/** A counter that went back, or far ahead: the volume between is not known until its offset is entered. */
export const meterJump = z.object({
  id: z.uuid(),
  counter: counterName,
  at: instant,
  before: z.int().nonnegative(),
  after: z.int().nonnegative(),
  /** Added to the difference of the counter over this moment; null: not entered yet. */
  offset: z.int().nullable(),
  reason: z.string(),
  enteredBy: z.string(),
});
export type MeterJump = z.infer<typeof meterJump>;
const reason = shownLine(LIMITS.REASON_CHARACTERS).min(1, 'enter a reason');
const offset = z.int().min(-LIMITS.METER_MOST).max(LIMITS.METER_MOST);
export const newOffset = z.strictObject({ offset, reason });

/** Enters counters by hand for a time; those that are left out are those of the last reading before it. */
export const manualReading = z.strictObject({
  at: instant,
  counters: z
    .record(counterName, z.int().nonnegative().max(LIMITS.METER_MOST))
    .refine((all) => Object.keys(all).length >= 1 && Object.keys(all).length <= COUNTERS, 'enter a counter'),
  reason,
});
export type ManualReading = z.infer<typeof manualReading>;

/** `from` and `to` bound the period; at most `points` readings are shown, the last one of each part of the period. */
export const readingsQuery = z
  .strictObject({
    from: instant,
    to: instant,
    points: z.coerce.number().int().min(2).max(LIMITS.READING_POINTS).default(200),
  })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'must be after from' });
export type ReadingsQuery = z.infer<typeof readingsQuery>;

/** `GET /api/devices/:id/readings`. */
export const readings = z.object({
  /** The device that is there now; null: it has not been read yet. */
  meteredDeviceId: meteredDeviceId.nullable(),
  /** Since when it is read. */
  since: instant.nullable(),
  serialNumber: z.string(),
  readings: z.array(reading),
  supplies: z.array(forecastSupply),
  jumps: z.array(meterJump),
  schedule: z.object({
    hours: readingHours,
    /** The next scheduled reading; null: none. */
    nextAt: instant.nullable(),
    obstacle: scheduleObstacle.nullable(),
  }),
});
export type Readings = z.infer<typeof readings>;
