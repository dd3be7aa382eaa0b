import { z } from 'zod';
import { applicationId, deviceId, instant } from './names';
import { remoteSessionId } from './control-channel';

/**
 * Deployment of a relay (E16-E19): more or fewer Cloud Hub / Web Agent pairs, or another release, without a session
 * that ends without its reason. The transitions are `server/deployment/deployment.machine.ts`.
 */
export const DEPLOYMENT_STATES = {
  listed: 'The devices in session are listed; Execute or Abort is awaited (S313).',
  'awaiting-idle': 'Executed as soon as the relay carries no session.',
  scheduled: 'Executed at the time set.',
  trying: 'The new relay has been started beside the present one and carries a synthetic session; sessions go on.',
  draining: 'The sessions are being ended in order (S314-S338).',
  'taking-over': 'The new relay takes over the ports, the earlier one stops (S317).',
  proving: 'The new relay serves, and is watched.',
  'going-back': 'The earlier relay is put back.',
  deployed: 'The new relay serves.',
  'rolled-back': 'The earlier relay serves; the reason says why.',
  aborted: 'Nothing was changed.',
  failed: 'The earlier relay could not be put back; an administrator is needed.',
} as const;
export type DeploymentState = keyof typeof DEPLOYMENT_STATES;
export const deploymentState = z.enum(Object.keys(DEPLOYMENT_STATES) as [DeploymentState, ...DeploymentState[]]);

/** Why a deployment did not come to its end. */
export const DEPLOYMENT_REASONS = {
  'aborted-by-administrator': 'An administrator aborted it.',
  'never-executed': 'Nobody executed it in time.',
  'never-idle': 'The relay was never without sessions in time.',
  'release-damaged': 'The stored release does not fit its checksum or signature any more.',
  'does-not-start': 'The new relay exited before it could be asked anything.',
  'does-not-answer': 'The new relay runs, but did not report in time.',
  'wrong-version': 'The new relay is another version than its manifest says.',
  'wrong-protocol': 'The new relay speaks another protocol than this server.',
  'trial-failed': 'A synthetic session through the new relay failed.',
  'port-in-use': 'A port that the new pairs need is used by another program.',
  'sessions-remain': 'Sessions could not be ended in time; they were left alone.',
  'take-over-failed': 'The new relay could not take over the ports.',
  crashed: 'The new relay exited while it was being watched.',
  'relay-lost': 'The relay was not connected to this server any more.',
  'keeper-lost': 'The program that keeps the relay could not be asked.',
  'command-failed': 'The configured command failed; its output says more.',
} as const;
export type DeploymentReason = keyof typeof DEPLOYMENT_REASONS;
export const deploymentReason = z.enum(Object.keys(DEPLOYMENT_REASONS) as [DeploymentReason, ...DeploymentReason[]]);

export const relayVersion = z
  .string()
  .max(64)
  .regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/, 'must be a version such as 1.2.0');
/** Name of the release that is part of the server's own installation. */
export const BUILT_IN = 'built-in';
/** A stored release by its version, or the built-in one. */
export const releaseName = z.union([z.literal(BUILT_IN), relayVersion]);

const pairs = z.int().min(1).max(64);
export const deploymentTarget = z.object({ release: releaseName, version: z.string(), pairs });
export type DeploymentTarget = z.infer<typeof deploymentTarget>;

/**
 * What became of a session that the relay carried: `open` before anybody asked, `asked` (S314), `ended` in the order of
 * Fig. 15-17, `forced` by the relay because an end did not answer in time, `ended-by-itself` before it was asked.
 */
export const haltOutcome = z.enum(['open', 'asked', 'ended', 'forced', 'ended-by-itself']);
export type HaltOutcome = z.infer<typeof haltOutcome>;

/** One row of the device list screen (Fig. 18). */
export const deploymentSession = z.object({
  remoteSessionId,
  deviceId,
  deviceName: z.string(),
  applicationId,
  userName: z.string(),
  since: instant.nullable(),
  bytesFromDevice: z.int(),
  bytesFromTerminal: z.int(),
  /** Moment of the last byte either way, as the relay said. */
  lastActiveAt: instant.nullable(),
  outcome: haltOutcome,
});
export type DeploymentSession = z.infer<typeof deploymentSession>;

export const deploymentWhen = z.enum(['ask', 'now', 'idle', 'at']);

export const deployment = z.object({
  id: z.uuid(),
  relayId: z.string(),
  state: deploymentState,
  when: deploymentWhen,
  /** With `at`: when it is executed. */
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
  /** While new sessions are refused: when they may be asked for again. */
  returnAfterSeconds: z.int().nullable(),
  sessions: z.array(deploymentSession),
  /** Last lines of the configured command, or of a release that failed. */
  output: z.string(),
  /** Whether the relay can be put back to `from` by one click. */
  canRollBack: z.boolean(),
});
export type Deployment = z.infer<typeof deployment>;

const atOnlyWith = (body: { when: string; at?: string | undefined }): boolean => (body.when === 'at') === !!body.at;
const timeBelongs = { path: ['at'], message: 'a time belongs to `when: "at"`, and only to it' };

/** S311. Without `release` the present one, without `pairs` as many as now; one of the two has to differ. */
export const newDeployment = z
  .strictObject({
    relayId: z.string().max(64).default('local'),
    release: releaseName.optional(),
    pairs: pairs.optional(),
    when: deploymentWhen.default('ask'),
    at: instant.optional(),
  })
  .refine(atOnlyWith, timeBelongs);

/** The button Execute of the device list screen; `idle` and `at` put it off. */
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
  /** When it was made; null for the built-in one. */
  createdAt: instant.nullable(),
  storedAt: instant.nullable(),
  serving: z.boolean(),
});
export type Release = z.infer<typeof release>;
