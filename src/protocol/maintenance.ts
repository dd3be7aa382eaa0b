import { z } from 'zod';
import { LIMITS } from './limits';
import { deviceId, instant } from './names';

/**
 * Remote maintenance without a session (E2, S121-S125): a job is one operation that the agent carries out at one device.
 * The transitions are `server/maintenance/job.machine.ts`; how it is asked of an agent is `ad-hoc-command.ts`.
 */
export const OPERATIONS = {
  information: 'Reads all that the device tells of itself.',
  counters: 'Reads the counters.',
  identify: 'Has the device show which one it is: its display, a light or a sound (IPP Identify-Printer).',
  'test-page': 'Prints one page.',
  restart: 'Restarts the device.',
  'firmware-install': 'Installs a firmware file, and waits for the device to come back with it.',
} as const;
export type Operation = keyof typeof OPERATIONS;
export const operation = z.enum(Object.keys(OPERATIONS) as [Operation, ...Operation[]]);

export const JOB_STATES = {
  requested: 'Waits to be sent to the agent (S121).',
  executing: 'The agent has it (S122) and carries it out (S123).',
  held: 'The agent holds it back until the device can execute it.',
  succeeded: 'Done; the result is in (S124).',
  failed: 'Not done; the failure says why (S124).',
  cancelled: 'Withdrawn before the device had begun.',
} as const;
export type JobState = keyof typeof JOB_STATES;
export const jobState = z.enum(Object.keys(JOB_STATES) as [JobState, ...JobState[]]);
export const OPEN_JOB_STATES: readonly JobState[] = ['requested', 'executing', 'held'];

/** Why a job failed: named by the agent, or by the control plane where the agent cannot. */
export const JOB_FAILURES = {
  unsupported: 'The device, or what the agent knows of it, does not allow this operation.',
  forbidden: 'The configuration of the agent forbids this operation.',
  'unknown-device': 'The agent has no such device any more.',
  'device-unreachable': 'The device does not answer its agent.',
  'device-refused': 'The device refused; the detail has its words.',
  'download-failed': 'The agent could not get the firmware file from this server.',
  'file-damaged': 'The firmware file did not arrive as it was stored.',
  'not-back': 'The device did not come back in time.',
  'version-unchanged': 'The device came back with another version than the firmware says.',
  interrupted: 'The agent stopped in the middle; whether the device has done it is not known.',
  'too-many': 'The agent has as many jobs as it may have.',
  expired: 'It could not be begun in time.',
  'agent-silent': 'The agent did not report in time; whether the device has done it is not known.',
  'agent-removed': 'The agent was removed.',
  'internal-error': 'An unexpected error at the agent; see its log.',
} as const;
export type JobFailure = keyof typeof JOB_FAILURES;
export const jobFailure = z.enum(Object.keys(JOB_FAILURES) as [JobFailure, ...JobFailure[]]);

/** Why the agent holds a job back (abstract 3): what the device has to be rid of first. */
export const HOLD_REASONS = {
  processing: 'The device is printing.',
  stopped: 'The device has stopped; its alerts say why.',
  unreachable: 'The device does not answer.',
  queued: 'An earlier job of the device comes first.',
} as const;
export type HoldReason = keyof typeof HOLD_REASONS;
export const holdReason = z.enum(Object.keys(HOLD_REASONS) as [HoldReason, ...HoldReason[]]);

/** One line of a result, in the order in which it is to be read. */
export const resultLine = z.object({ name: z.string().regex(/^[a-z0-9.-]{1,64}$/), value: z.string().max(300) });
export type ResultLine = z.infer<typeof resultLine>;
export const jobResult = z.array(resultLine).max(LIMITS.JOB_RESULT_LINES);

// ---- firmware files
export const firmwareVersion = z.string().regex(/^[A-Za-z0-9._+-]{1,64}$/, 'must be a version such as 2.15.000');
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hexadecimal');
export const firmware = z.object({
  id: z.uuid(),
  /** As the file was called. */
  name: z.string(),
  /** What the device says after it has been installed. */
  version: firmwareVersion,
  /** Only for devices of this model; empty: any. */
  model: z.string(),
  bytes: z.int().positive(),
  sha256,
  uploadedAt: instant,
  uploadedBy: z.string(),
});
export type Firmware = z.infer<typeof firmware>;
/** `POST /api/firmware?...`: the body is the file itself (application/octet-stream). */
export const firmwareUpload = z.strictObject({
  name: z.string().trim().min(1).max(120),
  version: firmwareVersion,
  model: z.string().trim().max(200).default(''),
  sha256: sha256.optional(),
});

// ---- REST
/** `POST /api/devices/:id/jobs` (S121). */
export const newJob = z.strictObject({
  operation,
  /** With `firmware-install`, and only with it. */
  firmwareId: z.uuid().optional(),
  /** How long it may wait for the agent to come, and for the device to be able; 0: it must be sent now. */
  waitMinutes: z.int().min(0).max(LIMITS.JOB_WAIT_MINUTES).default(0),
});
export const job = z.object({
  id: z.uuid(),
  deviceId,
  deviceName: z.string(),
  operation,
  firmware: z.object({ id: z.uuid(), name: z.string(), version: z.string() }).nullable(),
  user: z.object({ id: z.uuid(), username: z.string(), displayName: z.string() }),
  state: jobState,
  /** While `held`. */
  hold: holdReason.nullable(),
  /** While `executing`: per cent where the agent can tell, and what it is doing (`downloading`, `sending`, ...). */
  percent: z.int().min(0).max(100).nullable(),
  activity: z.string(),
  failure: jobFailure.nullable(),
  detail: z.string(),
  result: jobResult,
  requestedAt: instant,
  /** When the agent took it. */
  sentAt: instant.nullable(),
  /** When the device began. */
  beganAt: instant.nullable(),
  endedAt: instant.nullable(),
  /** Until when it may begin. */
  expiresAt: instant,
});
export type Job = z.infer<typeof job>;
