import { isNewer } from '../../protocol/newer-version';
import type { AgentUpdateEntity, RolloutEntity } from './agent-update.entities';

/** An agent as a rollout sees it. */
export interface RolloutAgent {
  readonly id: string;
  readonly version: string;
  readonly customerId: string | null;
  readonly online: boolean;
  readonly update: Pick<AgentUpdateEntity, 'permitted' | 'phase' | 'version' | 'detail'> | undefined;
}

export type RolloutStep =
  /** Agents that are offered the release now; empty: nothing is to be done at the moment. */
  | { readonly do: 'offer'; readonly agentIds: readonly string[] }
  | { readonly do: 'observe' }
  | { readonly do: 'pause'; readonly reason: string }
  | { readonly do: 'end' };

type Planned = Pick<RolloutEntity, 'version' | 'canaries' | 'customerIds' | 'soakMinutes' | 'canariesUpdatedAt'>;

/** Whether it is not busy with an update; what had become of another version does not matter. */
const isFree = (update: RolloutAgent['update'], version: string): boolean =>
  update?.phase === 'none' || (['refused', 'put-back'].includes(update?.phase ?? '') && update?.version !== version);

/** Whether a rollout includes an agent. */
export const isInScope = ({ canaries, customerIds }: Planned, { id, customerId }: RolloutAgent): boolean =>
  canaries.includes(id) || customerIds === null || (customerId !== null && customerIds.includes(customerId));

export const runs = (version: string, agent: Pick<RolloutAgent, 'version'>): boolean =>
  agent.version === version || isNewer(agent.version, version);

/**
 * The next step of a running rollout. The canaries come first; the others follow when all canaries run the version and the time of
 * observation is over. Agents whose owners do not permit updates are left out. Pure.
 * @param atOnce agents that are updated at the same time
 */
export function nextStep(rollout: Planned, agents: readonly RolloutAgent[], now: Date, atOnce: number): RolloutStep {
  const { version, canaries, canariesUpdatedAt } = rollout;
  const soakMinutes = canaries.length > 0 ? rollout.soakMinutes : 0;
  const inScope = agents.filter((each) => isInScope(rollout, each));
  const failed = inScope.find(
    ({ update }) => update?.version === version && ['refused', 'put-back'].includes(update.phase),
  );
  if (failed) return { do: 'pause', reason: `agent ${failed.id}: ${failed.update!.detail}`.slice(0, 300) };

  const isPending = (each: RolloutAgent) => !runs(version, each) && each.update?.permitted === true;
  const waitingCanaries = inScope.filter((each) => canaries.includes(each.id) && isPending(each));
  const onCanaries = canariesUpdatedAt === null && waitingCanaries.length > 0;
  if (canariesUpdatedAt === null && !onCanaries) return { do: 'observe' };
  if (canariesUpdatedAt !== null && now.getTime() < canariesUpdatedAt.getTime() + soakMinutes * 60_000)
    return { do: 'offer', agentIds: [] };

  const pending = onCanaries ? waitingCanaries : inScope.filter(isPending);
  if (pending.length === 0) return { do: 'end' };
  const isActive = ({ online, update }: RolloutAgent) =>
    online && update !== undefined && ['downloading', 'installing'].includes(update.phase);
  const active = inScope.filter(isActive);
  const idle = pending.filter(({ online, update }) => online && isFree(update, version));
  return { do: 'offer', agentIds: idle.slice(0, Math.max(0, atOnce - active.length)).map(({ id }) => id) };
}
