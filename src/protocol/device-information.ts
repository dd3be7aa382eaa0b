import { z } from 'zod';
import { shownLine } from './shown-text';

/**
 * Device information that the agent acquired (Fig. of abstract 2). The terms are those of IPP (RFC 8011, PWG 5100.9,
 * 5100.13) and the Printer MIB (RFC 3805), whichever protocol the agent used.
 */

/** IPP printer-state (RFC 8011 5.4.11); `unknown` if the device does not report it. */
export const deviceState = z.enum(['idle', 'processing', 'stopped', 'unknown']);
export type DeviceState = z.infer<typeof deviceState>;

/** Suffix of a printer-state-reasons keyword (RFC 8011 5.4.12), mildest first. */
export const ALERT_SEVERITIES = ['report', 'warning', 'error'] as const;
export const alertSeverity = z.enum(ALERT_SEVERITIES);
export type AlertSeverity = z.infer<typeof alertSeverity>;

export const deviceAlert = z.object({
  severity: alertSeverity,
  /** Keyword of printer-state-reasons without its suffix: `media-jam`, `toner-low`. */
  code: shownLine(64),
  /** The device's own text; may be empty. */
  text: shownLine(200),
});
export type DeviceAlert = z.infer<typeof deviceAlert>;

export const supply = z.object({
  name: shownLine(100),
  /** prtMarkerSuppliesType as PWG 5100.13 spells it: `toner`, `wasteToner`, `opc`, ...; empty if unknown. */
  type: shownLine(40),
  /** Name or `#rrggbb`; may be empty. */
  colour: shownLine(40),
  /** Remaining per cent (of a receptacle: remaining space); null if the device does not know. */
  level: z.int().min(0).max(100).nullable(),
});
export type Supply = z.infer<typeof supply>;

export const SUPPLIES = 24;
export const ALERTS = 24;
export const COUNTERS = 24;

/** Name of a counter, from printer-impressions-completed and its like: `impressions`, `media-sheets`, `copies`. */
export const counterName = z.string().regex(/^[a-z0-9-]{1,48}$/);
export const counters = z
  .record(counterName, z.int().nonnegative())
  .refine((all) => Object.keys(all).length <= COUNTERS, `at most ${COUNTERS} counters`);
export type Counters = z.infer<typeof counters>;

/** Why the agent has no information about a device, or carries out nothing at it. Waiting helps with the first two only. */
export const DEVICE_PROBLEMS = {
  unreachable: 'The device does not answer.',
  refused: 'The device refuses the requests of its agent at the moment.',
  'login-required': 'The device asks for a login, and its agent has none that it may send.',
  'login-refused': 'The device refuses the login that its agent has for it.',
  'wrong-path': 'The device has no printer at the path that its agent has for it.',
  'not-a-printer': 'What answers at the address of the device is not a printer.',
  'tls-failed': 'The device and its agent cannot agree on an encrypted connection.',
  'protocol-unsupported': 'The device and its agent have no version of IPP in common.',
  'invalid-answer': 'The answers of the device are not valid.',
} as const;
export type DeviceProblem = keyof typeof DEVICE_PROBLEMS;
export const deviceProblem = z.enum(Object.keys(DEVICE_PROBLEMS) as [DeviceProblem, ...DeviceProblem[]]);

export const deviceInformation = z.object({
  /** false: the device did not answer its agent; the other fields are from the last answer. */
  reached: z.boolean(),
  state: deviceState,
  alerts: z.array(deviceAlert).max(ALERTS),
  supplies: z.array(supply).max(SUPPLIES),
  counters,
  model: shownLine(200),
  serialNumber: shownLine(100),
  firmwareVersion: shownLine(100),
});
export type DeviceInformation = z.infer<typeof deviceInformation>;

/** Why device information was, or was not, acquired again for a session or a job (B2). */
export const UPDATE_REASONS = {
  'never-acquired': 'no data saved yet',
  'not-reached': 'the device did not answer last time',
  'agent-reconnected': 'the agent has reconnected since',
  'job-since': 'a maintenance job has changed the device since',
  'too-old': 'the saved data was too old',
  'needed-now': 'the request needs current data',
  requested: 'requested by a user',
  'not-needed': 'the request does not need it',
  'agent-waits': 'the agent waits until the device answers',
  fresh: 'recent enough',
} as const;
export type UpdateReason = keyof typeof UPDATE_REASONS;
export const updateReason = z.enum(Object.keys(UPDATE_REASONS) as [UpdateReason, ...UpdateReason[]]);

/** `kept`: the stored information serves; `failed`: the device did not answer, and the request continues without. */
export const UPDATE_OUTCOMES = { kept: 'using saved data', acquired: 'updated', failed: 'update failed' } as const;
export type UpdateOutcome = keyof typeof UPDATE_OUTCOMES;

/** The update decision for one request (B2), and its outcome. */
export const updateDecision = z.object({
  update: z.boolean(),
  reason: updateReason,
  outcome: z.enum(Object.keys(UPDATE_OUTCOMES) as [UpdateOutcome, ...UpdateOutcome[]]),
});
export type UpdateDecision = z.infer<typeof updateDecision>;

/** `updated (the saved data was too old)` */
export const textOfDecision = ({ outcome, reason }: Pick<UpdateDecision, 'outcome' | 'reason'>): string =>
  `${UPDATE_OUTCOMES[outcome]} (${UPDATE_REASONS[reason]})`;
