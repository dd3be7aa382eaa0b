import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import {
  In,
  IsNull,
  LessThan,
  LessThanOrEqual,
  MoreThan,
  QueryFailedError,
  Repository,
  type FindOptionsWhere,
} from 'typeorm';
import type { SessionState } from '../../protocol/remote-session';
import { SiteEntity } from '../customers/customer.entity';
import { within, type Reach } from '../customers/reach';
import { BatchedReads, idsByAgent } from '../database/batched-reads';
import { readPage, type Page, type PageQuery } from '../database/page';
import { insertWithoutReading, locking } from '../database/statements';
import { HalfLogEntity } from './half-log.entity';
import { SessionStepEntity } from './session-step.entity';
import { SessionEntity } from './session.entity';

export interface SessionFilter extends PageQuery {
  readonly state: 'live' | 'ended' | 'all';
  readonly deviceId?: string;
  /** Who asked. */
  readonly userId?: string;
}

/** Says of `openPair` that it is not null, in the form for which SQLite uses its index. */
const OPEN = MoreThan('');

/** All SQL for remote sessions. */
@Injectable()
export class SessionsRepository {
  private readonly awaiting = new BatchedReads<string[]>(async (agentIds) => {
    const where = { agentId: In(agentIds), openPair: OPEN, state: In(['requested', 'ending', 'halting']) };
    return idsByAgent(await this.sessions.find({ where, select: { id: true, agentId: true } }));
  });

  constructor(
    @InjectRepository(SessionEntity) private readonly sessions: Repository<SessionEntity>,
    @InjectRepository(HalfLogEntity) private readonly logs: Repository<HalfLogEntity>,
    @InjectRepository(SessionStepEntity) private readonly steps: Repository<SessionStepEntity>,
  ) {}

  /** @returns false if user and device already have an open session */
  async insert(session: SessionEntity): Promise<boolean> {
    try {
      await insertWithoutReading(this.sessions, [session]);
      return true;
    } catch (error) {
      if (!(error instanceof QueryFailedError)) throw error;
      const taken = await this.sessions.existsBy({ openPair: session.openPair ?? IsNull() });
      if (!taken) await insertWithoutReading(this.sessions, [session]); // the other session has ended in the meantime
      return !taken;
    }
  }

  /** @returns false if the session was no longer in `from` */
  async change(id: string, from: SessionState, values: Partial<SessionEntity>): Promise<boolean> {
    const { affected } = await this.sessions.update({ id, state: from }, values);
    return affected === 1;
  }

  /** Stores the byte counts of an open session; they never decrease. */
  async noteBytes(id: string, bytesFromDevice: number, bytesFromTerminal: number): Promise<void> {
    const open = { id, openPair: OPEN };
    await this.sessions.update({ ...open, bytesFromDevice: LessThan(bytesFromDevice) }, { bytesFromDevice });
    await this.sessions.update({ ...open, bytesFromTerminal: LessThan(bytesFromTerminal) }, { bytesFromTerminal });
  }

  find(id: string): Promise<SessionEntity | null> {
    return this.sessions.findOneBy({ id });
  }
  findByLink(linkId: string): Promise<SessionEntity | null> {
    return this.sessions.findOneBy({ linkId });
  }
  findByOpenPair(openPair: string): Promise<SessionEntity | null> {
    return this.sessions.findOneBy({ openPair });
  }
  withLinkAt(relayId: string): Promise<SessionEntity[]> {
    return this.sessions.findBy({ relayId, openPair: OPEN });
  }
  open(): Promise<SessionEntity[]> {
    return this.sessions.findBy({ openPair: OPEN });
  }
  openOf(agentId: string): Promise<SessionEntity[]> {
    return this.sessions.findBy({ agentId, openPair: OPEN });
  }
  openOfUser(userId: string): Promise<SessionEntity[]> {
    return this.sessions.findBy({ userId, openPair: OPEN });
  }
  /** How many sessions with this device wait for its answer. */
  countRequested(deviceId: string): Promise<number> {
    return this.sessions.countBy({ deviceId, state: 'requested', openPair: OPEN });
  }
  /** The ended ones of these sessions. */
  endedAmong(ids: string[]): Promise<SessionEntity[]> {
    return this.sessions.findBy({ id: In(ids), state: 'ended' });
  }
  /** Those of these sessions that have a record. */
  among(ids: string[]): Promise<SessionEntity[]> {
    return this.sessions.findBy({ id: In(ids) });
  }
  /** IDs of the sessions that wait for the agent: for an answer, or for the end of its half. */
  async awaitingAgent(agentId: string): Promise<readonly string[]> {
    return (await this.awaiting.find(agentId)) ?? [];
  }

  due(now: Date): Promise<SessionEntity[]> {
    return this.sessions.findBy({ deadlineAt: LessThanOrEqual(now) });
  }
  async nextDeadline(): Promise<Date | undefined> {
    const deadlineAt = MoreThan(new Date(0)); // not null, likewise
    const first = await this.sessions.findOne({ where: { deadlineAt }, order: { deadlineAt: 'ASC' } });
    return first?.deadlineAt ?? undefined;
  }

  /** Numbers of sessions that have not ended by customer, null for those at no site. */
  async countOpen(reach: Reach): Promise<{ customerId: string | null; count: number }[]> {
    const query = this.sessions.createQueryBuilder('s').leftJoin(SiteEntity, 'p', 'p.id = s.siteId');
    query.where({ openPair: OPEN });
    within(query, reach, { site: 's.siteId', device: 's.deviceId', requester: 's.userId' });
    query.select('p.customerId', 'customerId').addSelect('COUNT(*)', 'count').groupBy('p.customerId');
    const rows = await query.getRawMany<{ customerId: string | null; count: string | number }>();
    return rows.map((row) => ({ ...row, count: Number(row.count) }));
  }

  /** Newest first. */
  list(reach: Reach, filter: SessionFilter): Promise<Page<SessionEntity>> {
    const where: FindOptionsWhere<SessionEntity> = {};
    if (filter.state === 'live') where.openPair = OPEN;
    if (filter.state === 'ended') where.openPair = IsNull();
    if (filter.deviceId) where.deviceId = filter.deviceId;
    if (filter.userId) where.userId = filter.userId;
    const query = this.sessions.createQueryBuilder('s').where(where);
    const columns = { site: 's.siteId', device: 's.deviceId', requester: 's.userId' };
    return readPage(within(query, reach, columns), ['requestedAt', 'id'], 'DESC', filter);
  }

  /**
   * Stores logs of a session and the resulting states of its halves in one transaction. Idempotent. A start opens a
   * waiting half only, so that a late start does not reopen it, and byte counts never decrease.
   * @param logsOf makes the logs from the session, which no one else changes meanwhile
   * @returns the session as it is then; null if there is none
   */
  storeLogs(
    of: { readonly id: string } | { readonly linkId: string },
    logsOf: (session: SessionEntity) => readonly HalfLogEntity[],
  ): Promise<SessionEntity | null> {
    return this.sessions.manager.transaction(async (manager) => {
      const session = await manager.findOne(SessionEntity, { where: of, ...locking(manager) });
      const logs = session ? logsOf(session) : [];
      if (!session || logs.length === 0) return session;
      const changed = changedBy(logs, session);
      // a repeated log changes no half
      const orIgnore = changed.deviceHalf === undefined && changed.terminalHalf === undefined;
      await insertWithoutReading(manager.getRepository(HalfLogEntity), logs, { orIgnore });
      if (Object.keys(changed).length > 0) await manager.update(SessionEntity, { id: session.id }, changed);
      return Object.assign(session, changed);
    });
  }
  logsOf(sessionIds: string[]): Promise<HalfLogEntity[]> {
    return this.logs.find({ where: { sessionId: In(sessionIds) }, order: { at: 'ASC' } });
  }

  /** Stores the first time of each step of a session with the same detail. */
  async addSteps(taken: readonly Omit<SessionStepEntity, 'id'>[]): Promise<void> {
    const kept = await this.steps.findBy({ sessionId: In(taken.map(({ sessionId }) => sessionId)) });
    const nameOf = ({ sessionId, step, detail }: Pick<SessionStepEntity, 'sessionId' | 'step' | 'detail'>): string =>
      `${sessionId} ${step} ${detail}`;
    const known = new Set(kept.map(nameOf));
    const fresh = taken.filter((each) => !known.has(nameOf(each)) && known.add(nameOf(each)));
    if (fresh.length > 0) await insertWithoutReading(this.steps, fresh);
  }
  stepsOf(sessionId: string): Promise<SessionStepEntity[]> {
    return this.steps.find({ where: { sessionId }, order: { id: 'ASC' } });
  }
}

/** What logs change of their session. */
function changedBy(logs: readonly HalfLogEntity[], session: SessionEntity): Partial<SessionEntity> {
  const changed: Partial<SessionEntity> = {};
  for (const { half, kind, bytesReceived } of logs) {
    const state = half === 'device' ? 'deviceHalf' : 'terminalHalf';
    const bytes = half === 'device' ? 'bytesFromDevice' : 'bytesFromTerminal';
    if (kind === 'start' && session[state] === 'waiting') changed[state] = 'connected';
    if (kind === 'end' && session[state] !== 'ended') changed[state] = 'ended';
    if (bytesReceived > session[bytes]) changed[bytes] = bytesReceived;
  }
  return changed;
}
