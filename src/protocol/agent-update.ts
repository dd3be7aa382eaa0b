import { z } from 'zod';
import { LIMITS } from './limits';
import { oneOf } from './later-names';
import { agentId, instant, releaseVersion } from './names';
import { shownLine } from './shown-text';

/**
 * Update of an agent, if the owner permits it ("updates" in agent.json). The server offers a release, whose signature the agent
 * verifies with the key that it pinned; the agent downloads it, waits for the hours of the owner and for the end of sessions
 * and jobs, and restarts with it. If the new version does not come online, the earlier one is put back.
 */
export const UPDATE_PHASES = {
  none: 'No update is offered.',
  downloading: 'The agent downloads the new version.',
  waiting: 'The update waits for the hours of the owner, or for the end of sessions and jobs.',
  installing: 'The agent restarts with the new version.',
  refused: 'The agent does not install the new version.',
  'put-back': 'The new version did not come online. The earlier one runs again.',
} as const;
export type UpdatePhase = keyof typeof UPDATE_PHASES;
export const updatePhase = z.enum(Object.keys(UPDATE_PHASES) as [UpdatePhase, ...UpdatePhase[]]);

/** What an agent reports of its update. */
export const reportedUpdate = z.object({
  /** Whether the owner permits updates. */
  permitted: z.boolean(),
  phase: oneOf(updatePhase, 'waiting'),
  /** That is offered, or was; null with `none`. */
  version: releaseVersion.nullable(),
  detail: shownLine(200),
});
export type ReportedUpdate = z.infer<typeof reportedUpdate>;

/**
 * The rollout of a release to agents: first to the canaries, and when all of them run it and the time of observation is over, to the
 * other agents in scope. It stops as soon as one agent could not be updated.
 */
export const ROLLOUT_STATES = {
  running: 'Agents are being updated.',
  paused: 'No agent is offered the update.',
  ended: 'The rollout is over.',
} as const;
export const rolloutState = z.enum(['running', 'paused', 'ended']);
export type RolloutState = z.infer<typeof rolloutState>;

export const newRollout = z.strictObject({
  version: releaseVersion,
  /** Agents that are updated first. */
  canaries: z.array(agentId).max(LIMITS.ROLLOUT_CANARIES),
  /** IDs; null: all customers. */
  customerIds: z.array(z.uuid()).min(1).max(LIMITS.CUSTOMERS).nullable().default(null),
  /** Observation of the canaries. */
  soakMinutes: z
    .int()
    .min(0)
    .max(LIMITS.ROLLOUT_SOAK_MINUTES)
    .default(24 * 60),
});
export type NewRollout = z.infer<typeof newRollout>;

export const rolloutChange = z.strictObject({ state: rolloutState });

export const rollout = z.object({
  id: z.uuid(),
  version: releaseVersion,
  state: rolloutState,
  /** Why it was paused; empty: by an administrator. */
  reason: z.string(),
  canaries: z.array(agentId),
  customerIds: z.array(z.uuid()).nullable(),
  soakMinutes: z.int(),
  /** null: not all canaries run the version yet. */
  canariesUpdatedAt: instant.nullable(),
  startedAt: instant,
  startedBy: z.string(),
  endedAt: instant.nullable(),
  /** Agents in scope, at this moment: that run the version or a newer one, and those whose owners do not permit updates. */
  agents: z.object({ all: z.int(), updated: z.int(), notPermitted: z.int() }),
});
export type Rollout = z.infer<typeof rollout>;

export const agentRelease = z.object({
  version: releaseVersion,
  bytes: z.int(),
  sha256: z.string(),
  notes: z.string(),
  createdAt: instant,
  storedAt: instant,
});
export type AgentRelease = z.infer<typeof agentRelease>;

/** `GET /api/agent-updates` */
export const agentUpdates = z.object({
  /** The newest version that is stored or part of this server. */
  newest: z.string(),
  releases: z.array(agentRelease),
  /** The open one, or the last one. */
  rollout: rollout.nullable(),
  agents: z.array(reportedUpdate.extend({ id: agentId, lags: z.boolean() })),
});
export type AgentUpdates = z.infer<typeof agentUpdates>;
