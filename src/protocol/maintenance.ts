import { z } from 'zod';
import { signedRecord, signingKey } from './approval-record';
import { requester } from './asker';
import { settingRows, settingValues, wantedSettings } from './device-settings';
import { LASTING_PROBLEMS, updateDecision, type LastingProblem } from './device-information';
import { LIMITS } from './limits';
import { logSelection } from './log-lines';
import { deviceId, instant } from './names';
import { OPERATIONS } from './operations';
import { shownLine } from './shown-text';
import { wakeTry } from './wake-try';

/**
 * Remote maintenance without a session (E2, S121-S125): a job is one operation that the agent carries out at one device.
 * The transitions are in `server/maintenance/job.machine.ts`, the control channel's messages in `ad-hoc-command.ts`.
 */
export type Operation = keyof typeof OPERATIONS;
export const operation = z.enum(Object.keys(OPERATIONS) as [Operation, ...Operation[]]);

export const JOB_STATES = {
  requested: 'Waiting for the agent.',
  executing: 'The agent has the job and carries it out.',
  held: 'On hold until the device is ready for it.',
  succeeded: 'Done.',
  failed: 'Failed.',
  cancelled: 'Cancelled before it started on the device.',
} as const;
export type JobState = keyof typeof JOB_STATES;
export const jobState = z.enum(Object.keys(JOB_STATES) as [JobState, ...JobState[]]);
export const OPEN_JOB_STATES: readonly JobState[] = ['requested', 'executing', 'held'];

const LASTING = Object.fromEntries(Object.entries(LASTING_PROBLEMS).map(([code, { text }]) => [code, text])) as Record<
  LastingProblem,
  string
>;

/** Why a job failed. The agent reports the reason; if it cannot, the control plane sets one. */
export const JOB_FAILURES = {
  unsupported: 'The device or its configuration does not support this operation.',
  forbidden: 'The owner of the device does not allow this operation.',
  declined: 'Declined at the device.',
  'too-often': 'The device has had as many of these operations as its owner permits in an hour.',
  'unknown-device': 'The agent no longer has this device.',
  'device-unreachable': 'The device does not answer its agent.',
  'device-refused': 'The device refused the operation.',
  // waiting does not help with these
  ...LASTING,
  'download-failed': 'The agent could not download the firmware file from this server.',
  'file-damaged': 'The firmware file was damaged in transit.',
  'not-back': 'The device did not come back in time.',
  'firmware-unfit': 'The firmware file is for another model.',
  'no-release-key': 'The agent has no key to verify firmware with.',
  'firmware-unsigned': 'The firmware file is not signed with the key that its agent trusts.',
  'firmware-older': 'The firmware is not newer than that of the device, and the owner does not allow a downgrade.',
  'settings-missed': 'The device does not have every setting as wanted.',
  'version-unchanged': 'The device does not report the expected version.',
  interrupted: 'The agent stopped during the job. It is not known whether the device completed it.',
  'too-many': 'The agent has too many jobs.',
  expired: 'Not started in time.',
  'agent-silent': 'The agent did not report in time. It is not known whether the device completed the job.',
  'agent-removed': 'The agent was removed.',
  'internal-error': 'An unexpected error occurred at the agent. See its log.',
  /** Of a later version; the detail names it. */
  other: 'The agent gives a reason that this server does not know.',
} as const;
export type JobFailure = keyof typeof JOB_FAILURES;
export const jobFailure = z.enum(Object.keys(JOB_FAILURES) as [JobFailure, ...JobFailure[]]);

/** Why the agent holds a job back (abstract 3). */
export const HOLD_REASONS = {
  processing: 'The device is busy.',
  stopped: 'The device has stopped. See its alerts.',
  'session-open': 'A remote session is open or waits for approval. The operation would cut it off.',
  'jobs-queued': 'The device has print jobs in its queue.',
  'not-accepting': 'The device does not accept print jobs.',
  'no-media': 'The device has no paper.',
  'no-supply': 'A supply is used up, or a waste container is full.',
  unreachable: 'The device does not answer.',
  refused: 'The device refuses the requests of its agent.',
  approval: 'Waiting for approval at the device.',
  hours: 'The owner of the device allows this operation at other hours.',
  queued: 'Another job is running on the device.',
  /** Of a later version; the detail names it. */
  other: 'The agent waits for something that this server does not know.',
} as const;
export type HoldReason = keyof typeof HOLD_REASONS;
export const holdReason = z.enum(Object.keys(HOLD_REASONS) as [HoldReason, ...HoldReason[]]);

/** Why a job still waits for an agent that is not connected. */
export const WAIT_REASONS = {
  'no-substitute': 'The agent is not connected, and no other agent of its site is online to wake it.',
  'not-woken': 'The agent is not connected and was not woken.',
} as const;
export type WaitReason = keyof typeof WAIT_REASONS;
export const jobWait = z.object({
  reason: z.enum(Object.keys(WAIT_REASONS) as [WaitReason, ...WaitReason[]]),
  tries: z.array(wakeTry),
});
export type JobWait = z.infer<typeof jobWait>;

/** One line of a result; the order is the reading order. */
export const resultLine = z.object({ name: z.string().regex(/^[a-z0-9.-]{1,64}$/), value: shownLine(300) });
export type ResultLine = z.infer<typeof resultLine>;
export const jobResult = z.array(resultLine).max(LIMITS.JOB_RESULT_LINES);

// ---- firmware files
export const firmwareVersion = z.string().regex(/^[A-Za-z0-9._+-]{1,64}$/, 'must be a version such as 2.15.000');
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal');
export const firmware = z.object({
  id: z.uuid(),
  /** File name when it was signed. */
  name: z.string(),
  /** The version that the device reports after the installation. */
  version: firmwareVersion,
  /** Only for devices of this model; empty: any. */
  model: z.string(),
  bytes: z.int().positive(),
  sha256,
  /** When its publisher signed it; null: it is not signed, because an earlier version stored it, and cannot be installed. */
  signedAt: instant.nullable(),
  uploadedAt: instant,
  uploadedBy: z.string(),
});
export type Firmware = z.infer<typeof firmware>;

// ---- REST
/** `POST /api/devices/:id/jobs` (S121). */
export const newJob = z.strictObject({
  operation,
  /** Required for `firmware-install`, not allowed otherwise. */
  firmwareId: z.uuid().optional(),
  /** Required for `settings-set`, not allowed otherwise: values by name of the setting (device-settings.ts). */
  settings: settingValues.optional(),
  /** Only with `logs-read`; missing: the latest lines. */
  log: logSelection.optional(),
  /** How long the job may wait for its agent and its device; 0: it must be sent immediately. */
  waitMinutes: z.int().min(0).max(LIMITS.JOB_WAIT_MINUTES).default(0),
});
export const job = z.object({
  id: z.uuid(),
  deviceId,
  deviceName: z.string(),
  operation,
  firmware: z.object({ id: z.uuid(), name: z.string(), version: z.string() }).nullable(),
  /** The values that `settings-set` is to set. */
  settings: wantedSettings.nullable(),
  /** The lines that `logs-read` is to read; null: the latest. */
  log: logSelection.nullable(),
  user: requester,
  /** That has requested it; null: none. */
  campaignId: z.uuid().nullable(),
  state: jobState,
  /** While `requested`, after the agent was not woken. */
  waiting: jobWait.nullable(),
  /** Whether device information was acquired before the job was sent, and why; null: not sent yet, or never needed. */
  decision: updateDecision.nullable(),
  /** While `held`. */
  hold: holdReason.nullable(),
  /** While `executing`: progress, if known, and activity (`downloading`, `sending`, ...). */
  percent: z.int().min(0).max(100).nullable(),
  activity: z.string(),
  failure: jobFailure.nullable(),
  detail: z.string(),
  result: jobResult,
  /** Of `settings-read` and `settings-set`: what became of each setting; without the choices of the device. */
  settingRows,
  /** Of the answer at the device (job-approval.ts), with the key that it was verified with; null: there is no valid one. */
  approvalRecord: signedRecord.extend({ key: signingKey, keyFingerprint: z.string() }).nullable(),
  requestedAt: instant,
  /** When the agent accepted it. */
  sentAt: instant.nullable(),
  /** When it started. */
  beganAt: instant.nullable(),
  endedAt: instant.nullable(),
  /** Latest time at which it may start. */
  expiresAt: instant,
});
export type Job = z.infer<typeof job>;
