import { Inject, Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import type { SessionState } from '../../protocol/remote-session';
import { CONFIG, type Config } from '../config/config';
import { SessionDeadlines } from './session-deadlines';
import { SessionEvents } from './session-events';
import type { SessionEntity } from './session.entity';
import { UnknownSession } from './session.errors';
import { SESSION_MACHINE, transition, type Input, type Transition } from './session.machine';
import { SessionOutputs, type FollowUp } from './session-outputs';
import { SessionsRepository } from './sessions.repository';

/** What comes with an input: more to save, and why, where the table's own ending says less. */
export type News = Omit<FollowUp, 'input'> & {
  /** The input is meant for this state only, as the end of its wait is. */
  readonly from?: SessionState;
};

/** A YES may have to wait for a deployment before the relay can be asked at all. */
const PREPARE_MS = LIMITS.ADMISSION_MS + LIMITS.PREPARE_MS;

/** `remote_sessions.detail` holds no more. */
const DETAIL_CHARACTERS = 500;

/** How often a change is tried again that another one has overtaken. */
const OVERTAKEN = 5;

/** The only writer of a session's state: look up the transition, save it `WHERE state = :from`, publish, carry out. */
@Injectable()
export class SessionLifecycle {
  constructor(
    private readonly repository: SessionsRepository,
    private readonly outputs: SessionOutputs,
    private readonly deadlines: SessionDeadlines,
    private readonly events: SessionEvents,
    private readonly journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /**
   * Begins a session that has just been inserted: the device is asked (S142).
   * @param informed what is waited for first: what is known of the device is fresh enough (B2), or cannot be
   */
  begin(session: SessionEntity, informed: Promise<void>): void {
    this.events.publish('changed', session);
    this.deadlines.arm(session.deadlineAt);
    this.follow(
      session.id,
      informed.then(() => this.ask(session.id)),
    );
  }

  /** Tells of news that leave the state as it is: a half has connected, bytes have been counted. */
  tell(session: SessionEntity): void {
    this.events.publish('changed', session);
  }

  /** Sends the device what it was asked (again), and its agent may not know; one that does, does it once. */
  askAgain(session: SessionEntity): void {
    const { outputs } = this;
    const asked =
      session.state === 'requested' ? outputs.requestApproval(session) : outputs.carryOut('ask-device-to-end', session);
    this.follow(session.id, asked);
  }

  /** Asks the relay again to end what it still carries of a session. */
  force(session: SessionEntity): void {
    for (const output of ['end-device-half', 'end-terminal-half'] as const) {
      this.follow(session.id, this.outputs.carryOut(output, session));
    }
  }

  /**
   * Applies one input. When it returns, the change is saved and its messages are sent (not yet answered).
   * @returns the changed session, or undefined when its state does not take this input.
   * @throws UnknownSession
   */
  async apply(sessionId: string, input: Input, news: News = {}): Promise<SessionEntity | undefined> {
    for (let attempt = 0; attempt < OVERTAKEN; attempt++) {
      const session = await this.repository.find(sessionId);
      if (!session) throw new UnknownSession(sessionId);
      const next = transition(session.state, input);
      if (!next || (news.from && news.from !== session.state)) return undefined;
      const values = { ...news.values, ...this.valuesFor(session, next, news) };
      if (!(await this.repository.change(sessionId, session.state, values))) continue;

      const changed = Object.assign(session, values);
      this.deadlines.arm(changed.deadlineAt);
      this.events.publish('changed', changed);
      for (const output of next.do ?? []) {
        this.follow(sessionId, this.outputs.carryOut(output, changed, news.handout));
      }
      return changed;
    }
    throw new Error(`session ${sessionId} changed ${OVERTAKEN} times while ${input} was applied`);
  }

  /**
   * After a start: an agent and a relay that are still there need a moment to come back, and to end a half or report
   * that it has ended, before it is ended by force or the books are closed over what the relay may still carry.
   */
  async giveTime({ id, state, deadlineAt: earlier }: SessionEntity): Promise<void> {
    const deadlineAt = new Date(Date.now() + this.config.timeouts.halfEnd);
    if (earlier && earlier > deadlineAt) return;
    await this.repository.change(id, state, { deadlineAt });
  }

  /** When the wait in a state is over; undefined for the end state. */
  deadlineOf(state: SessionState, validUntil: Date | null, now = Date.now()): Date | null {
    const wait = SESSION_MACHINE[state].timeout?.after;
    if (!wait) return null;
    if (wait === 'validity') return validUntil;
    return new Date(now + (wait === 'prepare' ? PREPARE_MS : this.config.timeouts[wait]));
  }

  private valuesFor(session: SessionEntity, next: Transition, news: News): Partial<SessionEntity> {
    const now = new Date();
    const moved = next.to !== session.state;
    const ending = session.ending ?? (next.ending && (news.ending ?? next.ending)) ?? null;
    const validUntil = news.values?.validUntil ?? session.validUntil;
    return {
      state: next.to,
      ending,
      detail: session.detail || (news.detail ?? '').slice(0, DETAIL_CHARACTERS),
      deadlineAt: moved ? this.deadlineOf(next.to, validUntil) : session.deadlineAt,
      ...(moved && next.to === 'approved' && { approvedAt: now }),
      ...(moved && next.to === 'established' && { establishedAt: now }),
      ...(moved && next.to === 'ended' && { endedAt: now, openPair: null }),
      ...(moved && next.to !== 'prepared' && { terminalConnection: null }),
    };
  }

  /** The session may have been cancelled meanwhile. */
  private async ask(id: string): Promise<FollowUp | undefined> {
    const session = await this.repository.find(id);
    return session?.state === 'requested' ? this.outputs.requestApproval(session) : undefined;
  }

  private follow(sessionId: string, carried: Promise<FollowUp | undefined>): void {
    carried
      .then((follow) => follow && this.apply(sessionId, follow.input, follow))
      .catch((error: unknown) => this.journal.unexpected(error, `carrying out what session ${sessionId} needs`));
  }
}
