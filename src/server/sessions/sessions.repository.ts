import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import {
  In,
  IsNull,
  LessThan,
  LessThanOrEqual,
  Not,
  QueryFailedError,
  Repository,
  type FindOptionsWhere,
} from 'typeorm';
import type { SessionState } from '../../protocol/remote-session';
import type { Step } from '../../protocol/steps';
import { HalfLogEntity } from './half-log.entity';
import { SessionStepEntity } from './session-step.entity';
import { SessionEntity } from './session.entity';

export interface SessionFilter {
  readonly state: 'live' | 'ended' | 'all';
  readonly deviceId?: string;
  /** ID of the last session of the page before. */
  readonly cursor?: string;
  readonly limit: number;
}

/** All SQL about remote sessions, shared by all who ask about them. */
@Injectable()
export class SessionsRepository {
  constructor(
    @InjectRepository(SessionEntity) private readonly sessions: Repository<SessionEntity>,
    @InjectRepository(HalfLogEntity) private readonly logs: Repository<HalfLogEntity>,
    @InjectRepository(SessionStepEntity) private readonly steps: Repository<SessionStepEntity>,
  ) {}

  /** @returns false when the pair has an open session already. */
  async insert(session: SessionEntity): Promise<boolean> {
    try {
      await this.sessions.insert(session);
      return true;
    } catch (error) {
      const taken = await this.sessions.existsBy({ openPair: session.openPair ?? IsNull() });
      if (error instanceof QueryFailedError && taken) return false;
      throw error;
    }
  }

  /** @returns false when the session was not in `from` any more. */
  async change(id: string, from: SessionState, values: Partial<SessionEntity>): Promise<boolean> {
    const { affected } = await this.sessions.update({ id, state: from }, values);
    return affected === 1;
  }

  /** Byte counts of a session that is still carried; they never go back. */
  async noteBytes(id: string, bytesFromDevice: number, bytesFromTerminal: number): Promise<void> {
    const open = { id, openPair: Not(IsNull()) };
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
    return this.sessions.findBy({ relayId, openPair: Not(IsNull()) });
  }
  requestedOf(agentId: string): Promise<SessionEntity[]> {
    return this.sessions.findBy({ agentId, state: 'requested' });
  }
  inStates(states: SessionState[]): Promise<SessionEntity[]> {
    return this.sessions.findBy({ state: In(states) });
  }

  due(now: Date): Promise<SessionEntity[]> {
    return this.sessions.findBy({ deadlineAt: LessThanOrEqual(now) });
  }
  async nextDeadline(): Promise<Date | undefined> {
    const first = await this.sessions.findOne({ where: { deadlineAt: Not(IsNull()) }, order: { deadlineAt: 'ASC' } });
    return first?.deadlineAt ?? undefined;
  }

  async list(filter: SessionFilter): Promise<SessionEntity[]> {
    const where: FindOptionsWhere<SessionEntity> = {};
    if (filter.state === 'live') where.openPair = Not(IsNull());
    if (filter.state === 'ended') where.openPair = IsNull();
    if (filter.deviceId) where.deviceId = filter.deviceId;
    const last = filter.cursor ? await this.find(filter.cursor) : null;
    if (filter.cursor && !last) return [];
    const query = this.sessions.createQueryBuilder('s').where(where);
    if (last) {
      query.andWhere('(s.requestedAt < :at OR (s.requestedAt = :at AND s.id < :id))', {
        at: last.requestedAt.getTime(),
        id: last.id,
      });
    }
    return query.orderBy('s.requestedAt', 'DESC').addOrderBy('s.id', 'DESC').take(filter.limit).getMany();
  }

  /**
   * Keeps one log line and what it says about its half, together.
   * @returns false when this very line is there already.
   */
  keepLog(log: HalfLogEntity, values: Partial<SessionEntity>): Promise<boolean> {
    return this.logs.manager.transaction(async (manager) => {
      if (await manager.existsBy(HalfLogEntity, { id: log.id })) return false;
      await manager.insert(HalfLogEntity, log);
      if (Object.keys(values).length > 0) await manager.update(SessionEntity, { id: log.sessionId }, values);
      return true;
    });
  }
  logsOf(sessionIds: string[]): Promise<HalfLogEntity[]> {
    return this.logs.find({ where: { sessionId: In(sessionIds) }, order: { at: 'ASC' } });
  }

  async addStep(sessionId: string, step: Step): Promise<void> {
    await this.steps.insert({ sessionId, step, at: new Date() });
  }
  stepsOf(sessionId: string): Promise<SessionStepEntity[]> {
    return this.steps.find({ where: { sessionId }, order: { id: 'ASC' } });
  }
}
