import { Injectable } from '@nestjs/common';
import type { SessionConnection } from '../../protocol/api';
import { requestApproval } from '../../protocol/control-channel';
import type { SessionState } from '../../protocol/remote-session';
import { secondsUntil } from '../../protocol/names';
import type { Actor } from '../auth/actor';
import { AuditService } from '../auth/audit/audit.service';
import { CustomersService } from '../customers/customers.service';
import { reaches } from '../customers/reach';
import type { Page } from '../database/page';
import { DeviceTransport } from '../xmpp/device-transport';
import type { HalfLogEntity } from './half-log.entity';
import { HeldPolls } from './held-polls';
import type { SessionStepEntity } from './session-step.entity';
import type { SessionEntity } from './session.entity';
import { SessionOver, UnknownSession, WrongState } from './session.errors';
import { CLOSING } from './session.machine';
import { SessionLifecycle } from './session.lifecycle';
import { SessionTimeline } from './session-timeline';
import { SessionsRepository, type SessionFilter } from './sessions.repository';

export interface SessionInView {
  readonly session: SessionEntity;
  readonly logs: HalfLogEntity[];
}

/** The actions of users on remote sessions. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly repository: SessionsRepository,
    private readonly lifecycle: SessionLifecycle,
    private readonly customers: CustomersService,
    private readonly timeline: SessionTimeline,
    private readonly polls: HeldPolls,
    private readonly audit: AuditService,
    private readonly transport: DeviceTransport,
  ) {}

  /** Sessions with devices within reach of the actor. */
  async list(actor: Actor, filter: SessionFilter): Promise<Page<SessionInView>> {
    const { rows, next } = await this.repository.list(await this.customers.reachOf(actor), filter);
    const logs = await this.repository.logsOf(rows.map((session) => session.id));
    const logsOf = (id: string): HalfLogEntity[] => logs.filter((log) => log.sessionId === id);
    return { rows: rows.map((session) => ({ session, logs: logsOf(session.id) })), next };
  }

  /** @throws UnknownSession */
  async get(actor: Actor, id: string): Promise<SessionInView & { steps: SessionStepEntity[] }> {
    const session = await this.find(actor, id);
    await this.timeline.stored();
    const [logs, steps] = await Promise.all([this.repository.logsOf([id]), this.repository.stepsOf(id)]);
    return { session, logs, steps };
  }

  /**
   * S201-S202: the connection information that the terminal polls for. Only the user of the session gets it (E20).
   * @param known the state that the caller knows: the answer waits for another one, for POLL_HELD_MS at most, while the
   * agent is reached
   * @throws UnknownSession, also for another user's session
   */
  async connection(actor: Actor, id: string, known?: SessionState): Promise<SessionConnection> {
    if (known === undefined) return this.connectionNow(await this.own(actor, id));
    let answer: SessionConnection | undefined;
    await this.polls.hold(id, async (changed) => {
      const session = await this.own(actor, id, changed);
      answer = this.connectionNow(session);
      if (answer.status !== 'waiting' || answer.agentReached === false) return true;
      return answer.state !== known && !this.polls.isPassing(session);
    });
    return answer!;
  }

  /** @param changed the session, if it need not be read @throws UnknownSession, also for another user's session */
  private async own(actor: Actor, id: string, changed?: SessionEntity): Promise<SessionEntity> {
    const session = await this.find(actor, id, changed);
    if (session.userId !== actor.userId) throw new UnknownSession(id);
    return session;
  }

  private connectionNow(session: SessionEntity): SessionConnection {
    const { id, ending, denial, detail } = session;
    if (ending) return { status: 'over', ending, ...(denial && { denial }), detail };
    const { state, agentId, deadlineAt, validUntil, terminalConnection } = session;
    if (!terminalConnection)
      return {
        status: 'waiting',
        state,
        ...(state === 'requested' && {
          answerWithinSeconds: secondsUntil(deadlineAt),
          agentReached: this.transport.reaches(agentId, requestApproval),
        }),
      };
    this.timeline.step('S202', id);
    return { status: 'ready', connection: { ...terminalConnection, validForSeconds: secondsUntil(validUntil) } };
  }

  /**
   * Ends a session: its own user cancels it, an administrator ends any session.
   * @throws UnknownSession, SessionOver
   */
  async terminate(actor: Actor, id: string): Promise<SessionInView> {
    const session = await this.find(actor, id);
    const isOwn = session.userId === actor.userId;
    if (!isOwn && actor.role !== 'admin') throw new UnknownSession(id);
    if (session.state === 'ended') throw new SessionOver(id, session.ending);
    const detail = isOwn ? '' : `ended by ${actor.displayName}`;
    await this.lifecycle.apply(id, isOwn ? 'cancel' : 'administrator-ends', { detail });
    await this.audit.record(actor, 'session.terminated', id, detail);
    return this.get(actor, id);
  }

  /** Ends the actor's own session, whose terminal could not connect to the relay. A session that has ended stays as it is. */
  async endUnconnected(actor: Actor, id: string, detail: string): Promise<void> {
    await this.own(actor, id);
    await this.lifecycle.apply(id, 'cancel', { ending: 'failed', detail });
  }

  /**
   * Presumes the end of a session whose halves can no longer report it, for an administrator.
   * @throws UnknownSession, SessionOver, WrongState
   */
  async override(actor: Actor, id: string, reason: string): Promise<SessionInView> {
    const session = await this.find(actor, id);
    if (session.state === 'ended') throw new SessionOver(id, session.ending);
    if (!CLOSING.includes(session.state)) {
      throw new WrongState(id, session.state, 'be recorded as ended before its end was requested');
    }
    await this.audit.record(actor, 'session.books-closed', id, reason);
    await this.lifecycle.presumeEnded(id, 'presume-ended', `recorded as ended by ${actor.displayName}: ${reason}`);
    return this.get(actor, id);
  }

  /** @throws UnknownSession, also for a session out of reach of the actor */
  private async find(actor: Actor, id: string, changed?: SessionEntity): Promise<SessionEntity> {
    const [session, reach] = await Promise.all([changed ?? this.repository.find(id), this.customers.reachOf(actor)]);
    if (!session || !reaches(reach, session)) throw new UnknownSession(id);
    return session;
  }
}
