import { z } from 'zod';
import { applicationId, deviceId, instant, releaseVersion } from './names';
import { remoteSessionId } from './control-channel';

/**
 * Deployment of a relay (E16-E19): another number of pairs, or another release. Every session that it ends gets a
 * reason. The transitions are in `server/deployment/deployment.machine.ts`.
 */
export const DEPLOYMENT_STATES = {
  listed: 'The devices in session are listed. Execute or abort the deployment.',
  'awaiting-idle': 'The deployment starts as soon as no session is open.',
  scheduled: 'The deployment starts at the scheduled time.',
  trying: 'The new relay is tested beside the current one. Open sessions continue.',
  draining: 'Open sessions are being ended.',
  'taking-over': 'The new relay takes over the ports. The earlier one stops.',
  proving: 'The new relay is in service and is being monitored.',
  'going-back': 'The earlier relay is being put back in service.',
  deployed: 'The new relay is in service.',
  'rolled-back': 'The earlier relay is in service.',
  aborted: 'Nothing was changed.',
  failed: 'The earlier relay could not be put back in service. An administrator must act.',
} as const;
export type DeploymentState = keyof typeof DEPLOYMENT_STATES;
export const deploymentState = z.enum(Object.keys(DEPLOYMENT_STATES) as [DeploymentState, ...DeploymentState[]]);

/** Why a deployment did not succeed. */
export const DEPLOYMENT_REASONS = {
  'aborted-by-administrator': 'An administrator aborted the deployment.',
  'never-executed': 'The deployment was not executed in time.',
  'never-idle': 'There was always an open session.',
  'release-damaged': 'The stored release no longer matches its checksum or signature.',
  'does-not-start': 'The new relay exited immediately.',
  'does-not-answer': 'The new relay started, but did not answer in time.',
  'wrong-version': 'The version of the new relay differs from its manifest.',
  'wrong-protocol': "The protocol version of the new relay differs from this server's.",
  'trial-failed': 'A test session through the new relay failed.',
  'port-in-use': 'Another program is using a port that the new pairs need.',
  'sessions-remain': 'Some sessions could not be ended in time and were left open.',
  'take-over-failed': 'The new relay could not take over the ports.',
  crashed: 'The new relay exited while it was being monitored.',
  'relay-lost': 'The relay was no longer connected to this server.',
  'keeper-lost': "The relay's keeper did not answer.",
  'command-failed': 'The configured command failed. See its output.',
} as const;
export type DeploymentReason = keyof typeof DEPLOYMENT_REASONS;
export const deploymentReason = z.enum(Object.keys(DEPLOYMENT_REASONS) as [DeploymentReason, ...DeploymentReason[]]);

/** Name of the release that is part of the server's installation. */
export const BUILT_IN = 'built-in';
/** A stored release by its version, or the built-in one. */
export const releaseName = z.union([z.literal(BUILT_IN), releaseVersion]);

const pairs = z.int().min(1).max(64);
export const deploymentTarget = z.object({ release: releaseName, version: z.string(), pairs });
export type DeploymentTarget = z.infer<typeof deploymentTarget>;

/**
 * How the deployment ended a session of the relay: `open` before S314, `asked` after it, `ended` in the order of
 * Fig. 15-17, `forced` by the relay because a half did not answer in time, `ended-by-itself` before S314.
 */
export const haltOutcome = z.enum(['open', 'asked', 'ended', 'forced', 'ended-by-itself']);
export type HaltOutcome = z.infer<typeof haltOutcome>;

/** How the answer of the relay (S312) differs from the records of this server. */
export const SESSION_DIFFERENCES = {
  'not-at-relay': 'The session is open on this server, but the relay does not report it.',
  'ended-at-server': 'The relay still reports the session, but on this server it has ended.',
  'unknown-at-server': 'The relay reports the session, but this server has no record of it there.',
  'other-device': 'The relay reports another device for this session than this server.',
} as const;
export type SessionDifference = keyof typeof SESSION_DIFFERENCES;
const keysOf = <Key extends string>(texts: Record<Key, string>) => Object.keys(texts) as [Key, ...Key[]];
export const sessionDifference = z.enum(keysOf(SESSION_DIFFERENCES));

/** Where the device list comes from: what the relay answered when it was last asked (S312). */
export const RELAY_ANSWERS = {
  complete: 'The relay reported its sessions.',
  'pair-silent': 'A pair of the relay did not answer. Its sessions are shown as last reported.',
  'run-silent': 'An earlier run of the relay did not answer. Its sessions are shown as this server recorded them.',
  'no-answer': 'The relay did not answer. The list shows what this server recorded.',
  'not-connected': 'The relay is not connected. The list shows what this server recorded.',
} as const;
export type RelayAnswer = keyof typeof RELAY_ANSWERS;
export const relayAnswer = z.enum(keysOf(RELAY_ANSWERS));

/** One row of the device list screen (Fig. 18). */
export const deploymentSession = z.object({
  remoteSessionId,
  /** null: the relay does not name the device of a session that this server has no record of. */
  deviceId: deviceId.nullable(),
  /** Empty without a record, as `userName`. */
  deviceName: z.string(),
  applicationId: applicationId.nullable(),
  userName: z.string(),
  since: instant.nullable(),
  bytesFromDevice: z.int(),
  bytesFromTerminal: z.int(),
  /** Time of the last byte in either direction, reported by the relay. */
  lastActiveAt: instant.nullable(),
  outcome: haltOutcome,
  difference: sessionDifference.nullable(),
});
export type DeploymentSession = z.infer<typeof deploymentSession>;

export const deploymentWhen = z.enum(['ask', 'now', 'idle', 'at']);

export const deployment = z.object({
  id: z.uuid(),
  relayId: z.string(),
  state: deploymentState,
  when: deploymentWhen,
  /** When it is executed; with `when: 'at'` only. */
  at: instant.nullable(),
  instructedBy: z.object({ id: z.uuid(), displayName: z.string() }),
  from: deploymentTarget,
  to: deploymentTarget,
  reason: deploymentReason.nullable(),
  detail: z.string(),
  instructedAt: instant,
  executedAt: instant.nullable(),
  finishedAt: instant.nullable(),
  /** From executed to finished (or now). */
  durationSeconds: z.number().nullable(),
  /** Set while new sessions are refused: when to request one again. */
  returnAfterSeconds: z.int().nullable(),
  /** null: the relay has not been asked yet. */
  relayAnswer: relayAnswer.nullable(),
  sessions: z.array(deploymentSession),
  /** Last lines of the configured command, or of a release that failed. */
  output: z.string(),
  /** Whether the relay can be rolled back to `from`. */
  canRollBack: z.boolean(),
});
export type Deployment = z.infer<typeof deployment>;

const atOnlyWith = (body: { when: string; at?: string | undefined }): boolean => (body.when === 'at') === !!body.at;
const timeBelongs = { path: ['at'], message: '`when: "at"` requires a time; other values do not allow one' };

/** S311. `release` and `pairs` default to the current values; at least one must differ. */
export const newDeployment = z
  .strictObject({
    relayId: z.string().max(64).default('local'),
    release: releaseName.optional(),
    pairs: pairs.optional(),
    when: deploymentWhen.default('ask'),
    at: instant.optional(),
  })
  .refine(atOnlyWith, timeBelongs);

/** The button Execute of the device list screen; `idle` and `at` postpone the execution. */
export const deploymentExecution = z
  .strictObject({ when: z.enum(['now', 'idle', 'at']).default('now'), at: instant.optional() })
  .refine(atOnlyWith, timeBelongs);

export const release = z.object({
  name: releaseName,
  version: z.string(),
  protocol: z.int(),
  bytes: z.int().nullable(),
  sha256: z.string().nullable(),
  notes: z.string(),
  /** When it was built; null for the built-in release. */
  createdAt: instant.nullable(),
  storedAt: instant.nullable(),
  serving: z.boolean(),
});
export type Release = z.infer<typeof release>;
