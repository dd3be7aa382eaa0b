import { z } from 'zod';
import { counterName } from './device-information';
import { LIMITS } from './limits';
import { instant } from './names';
import { meteredDeviceId } from './readings';
import { shownLine } from './shown-text';

/** Meter reading reports: what the devices of a customer have counted in a period. */

/** A day in UTC, `2026-03-31`. */
const day = z.iso.date();
/** `from` and `to` are the first and the last day. Without a customer: all devices within reach. */
export const reportQuery = z
  .strictObject({ customerId: z.uuid().optional(), from: day, to: day })
  .refine(({ from, to }) => from <= to, { path: ['to'], message: 'must not be before from' })
  .refine(({ from, to }) => Date.parse(to) - Date.parse(from) <= LIMITS.REPORT_DAYS * 24 * 60 * 60_000, {
    path: ['to'],
    message: `must be within ${LIMITS.REPORT_DAYS} days`,
  });
export type ReportQuery = z.infer<typeof reportQuery>;

/** Whether a value was read from the device, entered by hand, or estimated from the readings before and after. */
export const valueOrigin = z.enum(['read', 'entered', 'estimated']);
export type ValueOrigin = z.infer<typeof valueOrigin>;
/** A counter at the beginning or the end of a period. */
export const meterValue = z.object({ at: instant, value: z.int(), origin: valueOrigin });
export type MeterValue = z.infer<typeof meterValue>;

/** Why a volume is not known. */
export const VOLUME_PROBLEMS = {
  'no-reading': 'There is no reading in the period.',
  jump: 'The counter has jumped. Its offset has to be entered.',
  decreased: 'The last value is less than the first one.',
} as const;
export type VolumeProblem = keyof typeof VOLUME_PROBLEMS;
export const volumeProblem = z.enum(Object.keys(VOLUME_PROBLEMS) as [VolumeProblem, ...VolumeProblem[]]);

export const reportedMeter = z.object({
  counter: counterName,
  first: meterValue.nullable(),
  last: meterValue.nullable(),
  /** The offsets of the jumps between first and last. */
  offset: z.int(),
  /** Last minus first plus offset; null: not known, see `problem`. */
  volume: z.int().nonnegative().nullable(),
  problem: volumeProblem.nullable(),
});
export type ReportedMeter = z.infer<typeof reportedMeter>;

export const reportedDevice = z.object({
  meteredDeviceId,
  deviceId: z.string(),
  name: z.string(),
  model: z.string(),
  serialNumber: z.string(),
  customerName: z.string(),
  siteName: z.string(),
  meters: z.array(reportedMeter),
});
export type ReportedDevice = z.infer<typeof reportedDevice>;

/** `GET /api/meter-report`. */
export const meterReport = z.object({
  from: day,
  to: day,
  /** null: of all customers within reach. */
  customerName: z.string().nullable(),
  devices: z.array(reportedDevice),
  /** Sum of the known volumes of each counter, and how many are not known. */
  totals: z.array(z.object({ counter: counterName, volume: z.int(), unknown: z.int() })),
});
export type MeterReport = z.infer<typeof meterReport>;

// ---- files

export const REPORT_FORMATS = ['csv', 'xlsx', 'json'] as const;
export const reportFormat = z.enum(REPORT_FORMATS);
export type ReportFormat = z.infer<typeof reportFormat>;

/** What a column of a file has. */
export const REPORT_FIELDS = {
  customer: 'Customer',
  site: 'Site',
  device: 'Device ID',
  name: 'Device',
  model: 'Model',
  serial: 'Serial number',
  meter: 'Meter',
  'first-at': 'First reading at',
  first: 'First reading',
  'first-origin': 'First reading is',
  'last-at': 'Last reading at',
  last: 'Last reading',
  'last-origin': 'Last reading is',
  offset: 'Offset',
  volume: 'Volume',
  problem: 'Problem',
  from: 'Period from',
  to: 'Period to',
  empty: '',
} as const;
export type ReportField = keyof typeof REPORT_FIELDS;
export const reportField = z.enum(Object.keys(REPORT_FIELDS) as [ReportField, ...ReportField[]]);
/** Fields of one meter, which need one where a line is a device. */
export const OF_A_METER: readonly ReportField[] = [
  ...(['meter', 'first-at', 'first', 'first-origin', 'last-at', 'last', 'last-origin', 'offset'] as const),
  ...(['volume', 'problem'] as const),
];

export const reportColumn = z.strictObject({
  heading: shownLine(100),
  field: reportField,
  /** The counter of the column, where a line is a device. */
  counter: counterName.optional(),
});
export type ReportColumn = z.infer<typeof reportColumn>;

/** Columns as the import of another system expects them. */
export const newReportTemplate = z
  .strictObject({
    name: shownLine(100).min(1, 'enter a name'),
    /** What one line is: a meter of a device, or a device with all its meters. */
    line: z.enum(['meter', 'device']),
    /** Of CSV. */
    separator: z.enum([',', ';', '\t']),
    headings: z.boolean(),
    columns: z.array(reportColumn).min(1).max(LIMITS.REPORT_COLUMNS),
  })
  .superRefine(({ line, columns }, context) => {
    for (const [index, { field, counter }] of columns.entries())
      if (line === 'device' && OF_A_METER.includes(field) && !counter)
        context.addIssue({ code: 'custom', path: ['columns', index, 'counter'], message: 'name the counter' });
  });
export type NewReportTemplate = z.infer<typeof newReportTemplate>;
export const reportTemplate = z.object({ id: z.uuid(), ...newReportTemplate.shape });
export type ReportTemplate = z.infer<typeof reportTemplate>;

/** Without a template: one line for each meter, with all fields. */
export const reportFileQuery = z.strictObject({
  ...reportQuery.shape,
  format: reportFormat,
  templateId: z.uuid().optional(),
});
export type ReportFileQuery = z.infer<typeof reportFileQuery>;

/** `POST /api/report-templates/preview`: the first lines of a file with these columns. */
export const reportPreviewQuery = z.strictObject({ template: newReportTemplate, report: reportQuery });
export type ReportPreviewQuery = z.infer<typeof reportPreviewQuery>;
export const reportPreview = z.object({
  /** In the order of the columns, without headings; null: empty. */
  lines: z.array(z.array(z.union([z.string(), z.number()]).nullable())),
});
export type ReportPreview = z.infer<typeof reportPreview>;

// ---- mails

/** A report of the month before, mailed on a day of each month. */
export const newReportMail = z.strictObject({
  customerId: z.uuid(),
  to: z.email().max(254),
  /** Of the month, in UTC. */
  day: z.int().min(1).max(28),
  format: reportFormat,
  templateId: z.uuid().nullable().default(null),
  language: z.enum(['en', 'ja']).default('en'),
});
export type NewReportMail = z.infer<typeof newReportMail>;
export const reportMail = z.object({
  id: z.uuid(),
  ...newReportMail.shape,
  nextAt: instant,
  /** When a report was last accepted by the mail server. */
  sentAt: instant.nullable(),
  /** Why the last attempt failed; empty: it did not. */
  problem: z.string(),
});
export type ReportMail = z.infer<typeof reportMail>;
