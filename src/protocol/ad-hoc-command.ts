import { z } from 'zod';
import { signedRecord } from './approval-record';
import { firmwareManifest } from './firmware-package';
import { settingRows, wantedSettings } from './device-settings';
import { isLater } from './later-names';
import { orderedLogSelection } from './log-lines';
import { deviceId, secret, spkiPin } from './names';
import { firmwareVersion, holdReason, jobFailure, jobResult, operation, sha256, type Operation } from './maintenance';
import { OPERATIONS } from './operations';
import { parseJson } from './parse-json';
import { shownLine } from './shown-text';

/**
 * Maintenance on the control channel: each operation is an ad-hoc command (XEP-0050) of the agent, with data forms
 * (XEP-0004), so that an agent can use any XMPP library.
 *
 *   server -> agent   execute   S122    form: device, job, expires-in; for firmware the location of the file, for
 *                                       settings their values, for logs what to read
 *   agent  -> server  executing | completed | canceled, sessionid = the job's ID, form: JobReport
 *   server -> agent   next              answered after a change, or after JOB_REPORT_HOLD_MS
 *   server -> agent   cancel            possible until the job starts
 *
 * A repeated `execute` of the same job is answered like `next`, so a job is carried out once. The agent answers a
 * `next` or `cancel` for an unknown job with `bad-sessionid` (XEP-0050 4.4); the server then sends `execute` again.
 */
export const NS_COMMANDS = 'http://jabber.org/protocol/commands';
export const NS_DATA = 'jabber:x:data';
export const NS_DISCO_ITEMS = 'http://jabber.org/protocol/disco#items';
/** FORM_TYPE of all forms (XEP-0068), and the first part of every node. */
export const NS_MAINTENANCE = 'urn:platen:maintenance:1';

export const nodeOf = (name: Operation): string => `${NS_MAINTENANCE}#${name}`;
export const operationOf = (node: string): Operation | undefined =>
  (Object.keys(OPERATIONS) as Operation[]).find((name) => nodeOf(name) === node);

/** Values of a data form's fields, keyed by `var`. */
export type FormFields = Readonly<Record<string, string>>;

/**
 * Where the agent downloads a firmware file (`GET <server>/api/agent/firmware/<job ID>` with `Authorization: Bearer <token>`),
 * and the fields of its signed manifest.
 */
export const firmwareSource = z.object({
  url: z.url({ protocol: /^https?$/ }),
  token: secret,
  bytes: z.int().positive(),
  sha256,
  version: firmwareVersion,
  /** Set if the server's certificate is self-signed. */
  pin: spkiPin.optional(),
  /** Absent together: the file is not signed. */
  ...firmwareManifest.pick({ name: true, model: true, createdAt: true, signature: true }).partial().shape,
});
export type FirmwareSource = z.infer<typeof firmwareSource>;

/** The manifest in an order; undefined: the file is not signed. */
export const manifestIn = ({ url: _url, token: _token, pin: _pin, ...fields }: FirmwareSource) =>
  firmwareManifest.safeParse({ product: 'device-firmware', ...fields }).data;

/** The form of `execute`. */
export const jobOrder = z.object({
  jobId: z.uuid(),
  deviceId,
  operation,
  /** How long the job may wait to start. A duration, so that the clocks need not agree. */
  expiresInSeconds: z.int().positive(),
  firmware: firmwareSource.optional(),
  /** Of `settings-set`. */
  settings: wantedSettings.optional(),
  /** Of `logs-read`; earlier agents ignore it. */
  log: orderedLogSelection.optional(),
  /** Name of the user or client, for the person who is asked for approval. */
  requestedBy: shownLine(100).optional(),
});
export type JobOrder = z.infer<typeof jobOrder>;

/** The form of every answer. */
export const jobReport = z.object({
  status: z.enum(['executing', 'completed', 'canceled']),
  /** Why the job is on hold; null after it has started. */
  hold: holdReason.nullable(),
  percent: z.int().min(0).max(100).nullable(),
  activity: shownLine(60),
  /** Of a completed job; null: it succeeded. */
  failure: jobFailure.nullable(),
  detail: shownLine(500),
  result: jobResult,
  /** Of `settings-read` and `settings-set`. */
  settings: settingRows.default([]),
  /** Of the answer at the device (job-approval.ts). */
  record: signedRecord.nullable().default(null),
});
export type JobReport = z.infer<typeof jobReport>;

const RESULT = 'result.';
/** Before the name of a setting. */
const SETTING = 'setting.';
/** Before `from`, `until` and `level` of an order of `logs-read`. */
const LOG = 'log-';

/** The fields with a prefix, without it. */
const fieldsAfter = (prefix: string, fields: FormFields): [name: string, value: string][] =>
  Object.entries(fields).flatMap(([name, value]) =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
  );

/** The fields of `execute`. The operation is not among them: it is the command's node. */
export function orderFields({
  jobId,
  deviceId,
  expiresInSeconds,
  firmware,
  settings = {},
  log = {},
  requestedBy,
}: JobOrder): FormFields {
  return {
    job: jobId,
    device: deviceId,
    'expires-in': String(expiresInSeconds),
    ...(requestedBy !== undefined && { 'requested-by': requestedBy }),
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [SETTING + name, value])),
    ...Object.fromEntries(Object.entries(log).map(([name, value]) => [LOG + name, value])),
    ...(firmware && {
      'firmware-url': firmware.url,
      'firmware-token': firmware.token,
      'firmware-bytes': String(firmware.bytes),
      'firmware-sha256': firmware.sha256,
      'firmware-version': firmware.version,
      ...(firmware.pin !== undefined && { 'firmware-pin': firmware.pin }),
      ...(firmware.signature !== undefined && {
        'firmware-name': firmware.name,
        'firmware-model': firmware.model,
        'firmware-signed-at': firmware.createdAt,
        'firmware-signature': firmware.signature,
      }),
    }),
  };
}

/** Undefined if the fields are not a valid order. */
export function readOrder(operation: Operation, fields: FormFields): JobOrder | undefined {
  const firmware = fields['firmware-url'] !== undefined && {
    url: fields['firmware-url'],
    token: fields['firmware-token'],
    bytes: Number(fields['firmware-bytes']),
    sha256: fields['firmware-sha256'],
    version: fields['firmware-version'],
    pin: fields['firmware-pin'],
    name: fields['firmware-name'],
    model: fields['firmware-model'],
    createdAt: fields['firmware-signed-at'],
    signature: fields['firmware-signature'],
  };
  const settings = fieldsAfter(SETTING, fields);
  const log = fieldsAfter(LOG, fields);
  const order = {
    jobId: fields.job,
    deviceId: fields.device,
    operation,
    expiresInSeconds: Number(fields['expires-in']),
    ...(firmware && { firmware }),
    ...(settings.length > 0 && { settings: Object.fromEntries(settings) }),
    ...(log.length > 0 && { log: Object.fromEntries(log) }),
    requestedBy: fields['requested-by'],
  };
  return jobOrder.safeParse(order).data;
}

export function reportFields({
  hold,
  percent,
  activity,
  failure,
  detail,
  result,
  settings,
  record,
}: JobReport): FormFields {
  const set = Object.entries({ hold, percent, activity, failure, detail }).filter(
    ([, value]) => value !== null && value !== '',
  );
  return {
    ...Object.fromEntries(set.map(([name, value]) => [name, String(value)])),
    ...(record && { 'approval-record': record.text, 'approval-signature': record.signature }),
    ...(settings.length > 0 && { settings: JSON.stringify(settings) }),
    ...Object.fromEntries(result.map(({ name, value }) => [RESULT + name, value])),
  };
}

/** Undefined if status and fields are not a valid report. */
export function readReport(status: string, fields: FormFields): JobReport | undefined {
  const result = fieldsAfter(RESULT, fields).map(([name, value]) => ({ name, value }));
  const { hold = null, percent, activity = '', failure = null, detail = '' } = fields;
  const { 'approval-record': text, 'approval-signature': signature } = fields;
  const later = [isLater(holdReason, hold) && hold, isLater(jobFailure, failure) && failure];
  const report = {
    status,
    hold: isLater(holdReason, hold) ? 'other' : hold,
    percent: percent === undefined ? null : Number(percent),
    activity,
    failure: isLater(jobFailure, failure) ? 'other' : failure,
    detail: [...later, detail].filter(Boolean).join(': ').slice(0, 500),
    result,
    ...(fields.settings !== undefined && { settings: parseJson(fields.settings) ?? null }),
    record: text === undefined ? null : { text, signature },
  };
  return jobReport.safeParse(report).data;
}
