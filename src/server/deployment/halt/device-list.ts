import { Injectable } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import type { HaltOutcome } from '../../../protocol/deployment';
import type { RelayedSession } from '../../../protocol/relay-rpc';
import { RelayDirectory } from '../../relays/relay-directory';
import type { HalfLogEntity } from '../../sessions/half-log.entity';
import type { SessionEntity } from '../../sessions/session.entity';
import { RelayUnavailable } from '../../sessions/session.errors';
import { SessionsRepository } from '../../sessions/sessions.repository';
import { DeploymentEvents } from '../deployment-events';
import type { DeploymentSessionEntity } from './deployment-session.entity';
import type { DeploymentEntity } from '../deployment.entity';
import { DeploymentsRepository } from '../deployments.repository';

type Row = Omit<DeploymentSessionEntity, 'toldAt'>;

/** The devices in session at a relay (Fig. 18), as rows of a deployment. */
@Injectable()
export class DeviceList {
  constructor(
    private readonly repository: DeploymentsRepository,
    private readonly sessions: SessionsRepository,
    private readonly directory: RelayDirectory,
    private readonly events: DeploymentEvents,
    private readonly journal: Journal,
  ) {}

  /** S311-S313. @returns how many sessions are listed */
  async create(deployment: DeploymentEntity): Promise<number> {
    const about = { deploymentId: deployment.id, relayId: deployment.relayId };
    this.journal.step('S311', undefined, about);
    const open = await this.refresh(deployment);
    if (open.length > 0) this.journal.step('S313', undefined, { ...about, sessions: open.length });
    return open.length;
  }

  /**
   * Updates the rows: new sessions, bytes, and the outcome of those that have ended.
   * @returns the sessions that are open at the relay
   */
  async refresh({ id, relayId }: DeploymentEntity): Promise<SessionEntity[]> {
    const carried = new Map((await this.carried(relayId))?.map((each) => [each.linkId, each]));
    const open = await this.sessions.withLinkAt(relayId);
    const rows = new Map((await this.repository.sessionsOf([id])).map((row) => [row.remoteSessionId, row]));
    const listed = new Set(open.map((session) => session.id));
    const gone = [...rows.values()].filter((row) => !listed.has(row.remoteSessionId) && isUnfinished(row.outcome));
    const fresh = [
      ...open.map((session) => rowOf(id, session, rows.get(session.id), carried.get(session.linkId!))),
      ...(await this.ended(id, gone)),
    ];
    const changed = fresh.filter((row) => !isSame(row, rows.get(row.remoteSessionId)));
    if (changed.length > 0) {
      await this.repository.saveSessions(changed);
      this.events.publish('changed', id);
    }
    return open;
  }

  /**
   * Whether the relay itself carries no session. A session that has ended here is still carried while the relay notifies its
   * peers (S337). A link without a session is ignored. A relay that is not connected cannot be asked, and carries nothing.
   */
  async isIdle(relayId: string): Promise<boolean> {
    if (!this.directory.serving(relayId)) return true;
    const carried = await this.carried(relayId);
    if (!carried) return false;
    const ids = carried.map(({ remoteSessionId }) => remoteSessionId);
    return ids.length === 0 || !(await this.sessions.anyAmong(ids));
  }

  /** undefined: it did not answer. */
  private async carried(relayId: string): Promise<RelayedSession[] | undefined> {
    try {
      return await this.directory.sessionsAt(relayId);
    } catch (error) {
      if (error instanceof RelayUnavailable) return undefined;
      throw error;
    }
  }

  private async ended(deploymentId: string, gone: DeploymentSessionEntity[]): Promise<Row[]> {
    const ids = gone.map((row) => row.remoteSessionId);
    const sessions = await this.sessions.endedAmong(ids);
    const logs = await this.sessions.logsOf(ids);
    return sessions.map((session) => {
      const earlier = gone.find((row) => row.remoteSessionId === session.id);
      const own = logs.filter((log) => log.sessionId === session.id);
      return { ...rowOf(deploymentId, session, earlier, undefined), outcome: outcomeOf(session, own) };
    });
  }
}

const isUnfinished = (outcome: HaltOutcome): boolean => outcome === 'open' || outcome === 'asked';

function rowOf(
  deploymentId: string,
  session: SessionEntity,
  earlier: DeploymentSessionEntity | undefined,
  carried: RelayedSession | undefined,
): Row {
  return {
    deploymentId,
    remoteSessionId: session.id,
    deviceId: session.deviceId,
    deviceName: session.deviceName,
    applicationId: session.applicationId,
    userName: session.displayName,
    since: session.establishedAt,
    bytesFromDevice: Math.max(session.bytesFromDevice, carried?.bytesFromDevice ?? 0),
    bytesFromTerminal: Math.max(session.bytesFromTerminal, carried?.bytesFromTerminal ?? 0),
    lastActiveAt: carried ? new Date(carried.lastActiveAt) : (earlier?.lastActiveAt ?? null),
    outcome: session.ending === 'halted-by-deployment' ? 'asked' : 'open',
  };
}

/**
 * `forced` if the relay ended the device's half of an established session, or no end was reported: the device itself would
 * have asked for the end (S292).
 */
export function outcomeOf(
  session: Pick<SessionEntity, 'ending' | 'establishedAt'>,
  logs: readonly Pick<HalfLogEntity, 'half' | 'kind' | 'reason'>[],
): HaltOutcome {
  if (session.ending !== 'halted-by-deployment') return 'ended-by-itself';
  const ends = logs.filter(({ kind }) => kind === 'end');
  const device = ends.filter(({ half }) => half === 'device').map(({ reason }) => reason);
  const cut = device.some((reason) => reason === 'control-plane' || reason === 'relay-stopped');
  const presumed = ends.some(({ reason }) => reason === 'presumed' || reason === 'relay-restarted');
  return presumed || (cut && session.establishedAt) ? 'forced' : 'ended';
}

function isSame(row: Row, earlier: Row | undefined): boolean {
  if (!earlier) return false;
  const { bytesFromDevice, bytesFromTerminal, outcome } = row;
  return (
    bytesFromDevice === earlier.bytesFromDevice &&
    bytesFromTerminal === earlier.bytesFromTerminal &&
    outcome === earlier.outcome &&
    row.since?.getTime() === earlier.since?.getTime() &&
    row.lastActiveAt?.getTime() === earlier.lastActiveAt?.getTime()
  );
}
