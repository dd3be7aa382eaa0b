import { z } from 'zod';
import { device } from './api';
import { newJob } from './maintenance';
import { deviceId } from './names';
import { problem } from './problems';
import { alertSeverity, deviceState } from './device-information';
import { LIMITS } from './limits';
import { shownLine } from './shown-text';

/** The device list of users: `GET /api/fleet` and the routes below it. All devices within reach of the caller. */

/** What a device reported last: a state, that its agent does not reach it, or nothing yet. */
export const reportedState = z.enum([...deviceState.options, 'unreached', 'none']);
export type ReportedState = z.infer<typeof reportedState>;

const whole = (most: number) => z.coerce.number().int().min(1).max(most).optional();
/** Which devices; those that every given field fits. */
export const fleetFilter = z.strictObject({
  /** Each word occurs in name, ID, model, serial number, location, agent, alerts, notes, customer or site. */
  search: shownLine(LIMITS.SEARCH_CHARACTERS).optional(),
  customerId: z.uuid().optional(),
  siteId: z.uuid().optional(),
  model: shownLine(200).optional(),
  firmwareVersion: shownLine(100).optional(),
  /** Any version but this one, of devices that report one. */
  otherFirmware: shownLine(100).optional(),
  /** Of the agent: connected, saving power, or neither. */
  presence: z.enum(['online', 'asleep', 'offline']).optional(),
  /** The agent neither connected nor saves power, and has been seen last before so many hours. */
  silentHours: whole(LIMITS.SILENT_HOURS),
  state: reportedState.optional(),
  /** An alert at least as severe. */
  alerts: alertSeverity.optional(),
  /** A supply has less than so many per cent left. */
  suppliesBelow: whole(100),
});
export type FleetFilter = z.output<typeof fleetFilter>;

export const fleetSort = z.enum(['name', 'last-seen', 'alerts', 'supplies', 'firmware']);
export type FleetSort = z.infer<typeof fleetSort>;
export const sortOrder = z.enum(['asc', 'desc']);
export type SortOrder = z.infer<typeof sortOrder>;
const sorted = { sort: fleetSort.default('name'), order: sortOrder.default('asc') };

export const fleetQuery = fleetFilter.extend({
  ...sorted,
  limit: z.coerce.number().int().min(1).max(LIMITS.PAGE_ROWS).default(50),
  /** `next` of the previous page; opaque. It fits the same `sort` and `order` only. */
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,900}$/)
    .optional(),
});
export type FleetQuery = z.output<typeof fleetQuery>;

export const fleetDevice = device.extend({
  firmwareVersion: z.string(),
  /** Of the supply that has least, in per cent; null: not known. */
  lowestSupply: z.int().min(0).max(100).nullable(),
  assetTag: z.string(),
  contractNumber: z.string(),
  /** Where it stands, from the notes. */
  notedLocation: z.string(),
});
export type FleetDevice = z.infer<typeof fleetDevice>;

export const fleetGrouping = z.enum(['customer', 'site', 'model']);
export type FleetGrouping = z.infer<typeof fleetGrouping>;
/** `none`: only the counts of all devices. */
export const fleetGroupsQuery = fleetFilter.extend({ by: fleetGrouping.or(z.literal('none')).default('customer') });
export type FleetGroupsQuery = z.output<typeof fleetGroupsQuery>;

/** Numbers of devices. */
export const fleetCounts = z.object({
  devices: z.int(),
  online: z.int(),
  asleep: z.int(),
  /** The agent does not reach the device. */
  unreached: z.int(),
  /** With an alert of this severity at least. */
  errors: z.int(),
  warnings: z.int(),
  /** With a supply below SUPPLY_LOW_PERCENT. */
  lowSupplies: z.int(),
});
export type FleetCounts = z.infer<typeof fleetCounts>;
/** By name; `id` of the customer or site, or the model; null: without one. */
export const fleetGroup = fleetCounts.extend({
  id: z.string().nullable(),
  name: z.string(),
  /** Of the customer that a site belongs to. */
  customerName: z.string(),
});
export type FleetGroup = z.infer<typeof fleetGroup>;
/** `rows` are FLEET_GROUPS at most; `all` counts every device that the filter fits. */
export const fleetGroups = z.object({ all: fleetCounts, rows: z.array(fleetGroup), more: z.boolean() });
export type FleetGroups = z.infer<typeof fleetGroups>;

export const fleetColumn = z.enum([
  'status',
  'condition',
  'model',
  'serialNumber',
  'customer',
  'location',
  'notedLocation',
  'assetTag',
  'contractNumber',
  'firmwareVersion',
  'lowestSupply',
  'agent',
  'lastSeen',
]);
export type FleetColumn = z.infer<typeof fleetColumn>;

/** `columns`: separated by commas; every column without it. */
export const fleetExportQuery = fleetFilter.extend({
  ...sorted,
  columns: z
    .string()
    .regex(/^[A-Za-z,]{1,300}$/)
    .transform((text) => text.split(','))
    .pipe(z.array(fleetColumn))
    .optional(),
});
export type FleetExportQuery = z.output<typeof fleetExportQuery>;

/** A filter with its order, columns and grouping, saved by a user for themselves. */
export const fleetViewQuery = z.strictObject({
  filter: fleetFilter,
  sort: fleetSort,
  order: sortOrder,
  columns: z.array(fleetColumn).max(fleetColumn.options.length),
  by: fleetGrouping.nullable(),
});
export type FleetViewQuery = z.infer<typeof fleetViewQuery>;
export const newFleetView = z.strictObject({ name: shownLine(60).min(1, 'enter a name'), query: fleetViewQuery });
export type NewFleetView = z.output<typeof newFleetView>;
export const fleetView = z.object({ id: z.uuid(), name: z.string(), query: fleetViewQuery });
export type FleetView = z.infer<typeof fleetView>;

/**
 * `POST /api/fleet/jobs`: one job for each of several devices, as `POST /api/devices/:id/jobs` requests it: those that are
 * named, or all that a filter fits. Then `count` is how many the user has seen; nothing is started for another number.
 */
export const newFleetJobs = z.strictObject({
  devices: z.union([
    z.strictObject({ deviceIds: z.array(deviceId).min(1).max(LIMITS.JOBS_AT_ONCE) }),
    z.strictObject({ filter: fleetFilter, count: z.int().min(1).max(LIMITS.JOBS_AT_ONCE) }),
  ]),
  job: newJob,
});
export type NewFleetJobs = z.output<typeof newFleetJobs>;
/** One row per device, in the order of the list: the job that was started, or why there is none. */
export const fleetJob = z.object({
  deviceId,
  deviceName: z.string(),
  jobId: z.uuid().nullable(),
  refusal: problem.pick({ code: true, title: true, detail: true, remedy: true }).nullable(),
});
export const fleetJobs = z.object({ rows: z.array(fleetJob) });
export type FleetJobs = z.infer<typeof fleetJobs>;
