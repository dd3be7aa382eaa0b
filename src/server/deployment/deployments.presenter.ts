import type { Deployment, DeploymentSession } from '../../protocol/deployment';
import { toInstant } from '../../protocol/names';
import type { DeploymentSessionEntity } from './halt/deployment-session.entity';
import type { DeploymentEntity } from './deployment.entity';
import { returnAfterSeconds } from './return-after';

export interface DeploymentInView {
  readonly deployment: DeploymentEntity;
  readonly sessions: readonly DeploymentSessionEntity[];
  readonly canRollBack: boolean;
}

const instantOf = (at: Date | null): string | null => at && toInstant(at);

/** A deployment as the API and live events show it. */
export function presentedDeployment(
  { deployment, sessions, canRollBack }: DeploymentInView,
  now = Date.now(),
): Deployment {
  const { executedAt, finishedAt } = deployment;
  return {
    id: deployment.id,
    relayId: deployment.relayId,
    state: deployment.state,
    when: deployment.when,
    at: instantOf(deployment.at),
    instructedBy: { id: deployment.userId, displayName: deployment.userName },
    from: { release: deployment.fromRelease, version: deployment.fromVersion, pairs: deployment.fromPairs },
    to: { release: deployment.toRelease, version: deployment.toVersion, pairs: deployment.toPairs },
    reason: deployment.reason,
    detail: deployment.detail,
    instructedAt: toInstant(deployment.instructedAt),
    executedAt: instantOf(executedAt),
    finishedAt: instantOf(finishedAt),
    durationSeconds: executedAt && ((finishedAt?.getTime() ?? now) - executedAt.getTime()) / 1000,
    returnAfterSeconds: returnAfterSeconds(deployment, now),
    relayAnswer: deployment.relayAnswer,
    sessions: sessions.map(presentedSession),
    output: deployment.output,
    canRollBack,
  };
}

const presentedSession = (row: DeploymentSessionEntity): DeploymentSession => ({
  remoteSessionId: row.remoteSessionId,
  deviceId: row.deviceId || null,
  deviceName: row.deviceName,
  applicationId: row.applicationId || null,
  userName: row.userName,
  since: instantOf(row.since),
  bytesFromDevice: row.bytesFromDevice,
  bytesFromTerminal: row.bytesFromTerminal,
  lastActiveAt: instantOf(row.lastActiveAt),
  outcome: row.outcome,
  difference: row.difference,
});
