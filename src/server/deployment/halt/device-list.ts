import { Injectable } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import type { HaltOutcome, RelayAnswer, SessionDifference } from '../../../protocol/deployment';
import { LIMITS } from '../../../protocol/limits';
import type { RelayedSession } from '../../../protocol/relay-rpc';
import { HALVES } from '../../../protocol/remote-session';
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

/** How many sessions without a record a list shows. */
const MOST_UNRECORDED = 100;

/** What a look at the relay found. */
export interface Listed {
  /** Open on this server. */
  readonly open: SessionEntity[];
  /** Reported by the relay, but ended on this server or without a record. */
  readonly strays: RelayedSession[];
  readonly answer: RelayAnswer;
  /** Neither this server nor the relay has an open session. A relay that is not connected carries none. */
  readonly isIdle: boolean;
}

/**
 * The devices in session at a relay (Fig. 18), as rows of a deployment. The list is the answer of the relay (S312). The
 * records of this server add names and times; where they differ from the answer, the row says so.
 */
@Injectable()
export class DeviceList {
  constructor(
    private readonly repository: DeploymentsRepository,
    private readonly sessions: SessionsRepository,
    private readonly directory: RelayDirectory,
    private readonly events: DeploymentEvents,
    private readonly journal: Journal,
  ) {}

  /** S311-S313. @returns whether no session is open */
  async create(deployment: DeploymentEntity): Promise<boolean> {
    const about = { deploymentId: deployment.id, relayId: deployment.relayId };
    this.journal.step('S311', undefined, about);
    const { open, strays, answer, isIdle } = await this.look(deployment, deployment.id);
    const sessions = open.length + strays.length;
    if (!isComplete(answer)) this.journal.warn('the relay did not answer completely', { ...about, outcome: answer });
    else if (sessions > 0) this.journal.step('S313', undefined, { ...about, sessions });
    return isIdle;
  }

  /** Updates the rows: new sessions, bytes, differences, and the outcome of those that have ended. */
  refresh(deployment: DeploymentEntity): Promise<Listed> {
    return this.look(deployment);
  }

  /** Has the relay end both halves of sessions that are not open on this server, which the session machine cannot end. */
  async endStrays({ id, relayId }: DeploymentEntity, strays: readonly RelayedSession[]): Promise<void> {
    const halves = strays.flatMap((stray) =>
      HALVES.filter((half) => stray[half] !== 'ended').map((half) => [stray, half] as const),
    );
    await Promise.all(
      halves.map(async ([{ linkId, remoteSessionId }, half]) => {
        try {
          await this.directory.endHalf(relayId, linkId, half, 'halted-by-deployment');
        } catch (error) {
          if (!(error instanceof RelayUnavailable)) throw error;
          this.journal.warn(`the relay could not end the ${half} half`, { remoteSessionId, detail: error.detail });
        }
      }),
    );
    const ids = new Set(strays.map(({ remoteSessionId }) => remoteSessionId));
    const rows = (await this.repository.sessionsOf([id])).filter((row) => ids.has(row.remoteSessionId));
    const asked = rows
      .filter(({ outcome }) => outcome === 'open')
      .map((row) => ({ ...row, outcome: 'asked' as const }));
    await this.repository.saveSessions(asked);
  }

  private async look({ id, relayId }: DeploymentEntity, asking?: string): Promise<Listed> {
    // First the records: a link exists at the relay before it is recorded, so none of these can be missing there.
    const recorded = await this.sessions.withLinkAt(relayId);
    const { answer, sessions } = await this.directory.sessionsAt(relayId, asking);
    const carried = new Map(sessions.map((each) => [each.remoteSessionId, each]));
    const known = await this.sessions.among([...recorded.map((each) => each.id), ...carried.keys()]);
    const records = new Map(known.map((each) => [each.id, each]));
    const open = [...records.values()].filter((session) => session.openPair && session.relayId === relayId);
    const strays = [...carried.values()].filter((each) => isStray(each, records.get(each.remoteSessionId)));
    const rows = new Map((await this.repository.sessionsOf([id])).map((row) => [row.remoteSessionId, row]));
    const listed = new Set([...open.map((session) => session.id), ...strays.map((each) => each.remoteSessionId)]);
    const gone = [...rows.values()].filter((row) => !listed.has(row.remoteSessionId) && isUnfinished(row.outcome));
    const fresh = [
      ...(isComplete(answer) ? gone.filter(isUnrecorded).map(endedUnrecorded) : []),
      ...(await this.ended(id, gone)),
      ...this.strayRows(id, strays, records, rows),
      ...open.map((session) => rowOf(id, session, rows.get(session.id), carried.get(session.id), answer)),
    ];
    const oneEach = new Map(fresh.map((row) => [row.remoteSessionId, row]));
    const changed = [...oneEach.values()].filter((row) => !isSame(row, rows.get(row.remoteSessionId)));
    await this.repository.saveSessions(changed);
    if ((await this.repository.noteRelayAnswer(id, answer)) || changed.length > 0) this.events.publish('changed', id);
    const isEmpty = answer === 'not-connected' || (isComplete(answer) && carried.size === 0);
    return { open, strays, answer, isIdle: open.length === 0 && isEmpty };
  }

  /** A relay that invents sessions cannot fill the database. */
  private strayRows(
    id: string,
    strays: readonly RelayedSession[],
    records: ReadonlyMap<string, SessionEntity>,
    rows: ReadonlyMap<string, DeploymentSessionEntity>,
  ): Row[] {
    const isKnown = ({ remoteSessionId }: RelayedSession) => rows.has(remoteSessionId) || records.has(remoteSessionId);
    const free = Math.max(MOST_UNRECORDED - [...rows.values()].filter(isUnrecorded).length, 0);
    const unrecorded = strays.filter((each) => !isKnown(each));
    if (unrecorded.length > free)
      this.journal.warn('the relay reports more sessions without a record than are listed', {
        deploymentId: id,
        sessions: unrecorded.length - free,
      });
    const shown = [...strays.filter(isKnown), ...unrecorded.slice(0, free)];
    return shown.map((stray) =>
      strayRow(id, stray, records.get(stray.remoteSessionId), rows.get(stray.remoteSessionId)),
    );
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

/**
 * Whether the relay reports a session that is not open there for this server. A session that has just ended is still
 * carried while the relay notifies its peers (S337); one without a link is being prepared.
 */
function isStray({ linkId }: RelayedSession, record: SessionEntity | undefined): boolean {
  if (!record) return true;
  if (record.endedAt) return Date.now() - record.endedAt.getTime() > LIMITS.RELAY_WATCH_MS;
  return record.linkId !== null && record.linkId !== linkId;
}

/** Whether all runs of the relay have answered. */
const isComplete = (answer: RelayAnswer): boolean => answer === 'complete' || answer === 'pair-silent';
const isUnrecorded = ({ difference }: Row): boolean => difference === 'unknown-at-server';
const isUnfinished = (outcome: HaltOutcome): boolean => outcome === 'open' || outcome === 'asked';

function rowOf(
  deploymentId: string,
  session: SessionEntity,
  earlier: DeploymentSessionEntity | undefined,
  carried: RelayedSession | undefined,
  answer?: RelayAnswer,
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
    difference: answer ? differenceOf(session, carried, answer, earlier) : null,
  };
}

function differenceOf(
  { deviceId }: SessionEntity,
  carried: RelayedSession | undefined,
  answer: RelayAnswer,
  earlier: DeploymentSessionEntity | undefined,
): SessionDifference | null {
  if (carried) return carried.deviceId && carried.deviceId !== deviceId ? 'other-device' : null;
  return isComplete(answer) ? 'not-at-relay' : (earlier?.difference ?? null);
}

/** A session that only the relay knows, or that has ended on this server. */
function strayRow(
  deploymentId: string,
  stray: RelayedSession,
  record: SessionEntity | undefined,
  earlier: DeploymentSessionEntity | undefined,
): Row {
  const { remoteSessionId, bytesFromDevice, bytesFromTerminal } = stray;
  const unrecorded = {
    deploymentId,
    remoteSessionId,
    deviceId: stray.deviceId ?? '',
    deviceName: '',
    applicationId: '',
    userName: '',
    since: null,
    bytesFromDevice,
    bytesFromTerminal,
    lastActiveAt: new Date(stray.lastActiveAt),
  };
  return {
    ...(record ? rowOf(deploymentId, record, earlier, stray) : unrecorded),
    outcome: earlier?.outcome === 'asked' ? 'asked' : 'open',
    difference: record?.endedAt ? 'ended-at-server' : 'unknown-at-server',
  };
}

/** Without a record, no log says how it ended. */
const endedUnrecorded = (row: Row): Row => ({
  ...row,
  outcome: row.outcome === 'asked' ? 'forced' : 'ended-by-itself',
});

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
  const { bytesFromDevice, bytesFromTerminal, outcome, difference } = row;
  return (
    bytesFromDevice === earlier.bytesFromDevice &&
    bytesFromTerminal === earlier.bytesFromTerminal &&
    outcome === earlier.outcome &&
    difference === earlier.difference &&
    row.since?.getTime() === earlier.since?.getTime() &&
    row.lastActiveAt?.getTime() === earlier.lastActiveAt?.getTime()
  );
}
