import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { HALVES, type EndReason, type Ending, type Half, type SessionState } from '../../protocol/remote-session';
import { CONFIG, type Config } from '../config/config';
import { Lifecycle } from '../state-machine/lifecycle';
import { AgentOutputs } from './agent-outputs';
import type { HalfLogEntity } from './half-log.entity';
import { RelayOutputs } from './relay-outputs';
import { SessionEvents } from './session-events';
import { halfStateOf, type SessionEntity } from './session.entity';
import { UnknownSession } from './session.errors';
import {
  CLOSING,
  SESSION_MACHINE,
  type SessionDetails,
  type SessionFollowUp,
  type SessionInput,
  type SessionOutput,
  type SessionTransition,
  type SessionWait,
} from './session.machine';
import { SessionsRepository } from './sessions.repository';

/** Includes the time for which a YES may wait for a deployment. */
const PREPARE_MS = LIMITS.ADMISSION_MS + LIMITS.PREPARE_MS;
/** The length of the column `remote_sessions.detail`. */
const DETAIL_CHARACTERS = 500;

/** The ending for a relay's end reason, if the end was not requested before. */
const ENDING_OF: Partial<Record<EndReason, (half: Half) => Ending>> = {
  requested: (half) => (half === 'device' ? 'ended-by-device' : 'ended-by-terminal'),
  lost: (half) => (half === 'device' ? 'lost-device' : 'lost-terminal'),
  expired: () => 'expired',
  'never-connected': () => 'expired',
  'relay-stopped': () => 'lost-relay',
  'relay-restarted': () => 'lost-relay',
  presumed: () => 'lost-relay',
};

/** The only writer of a session's state. */
@Injectable()
export class SessionLifecycle extends Lifecycle<
  SessionState,
  SessionInput,
  SessionOutput,
  SessionWait,
  SessionTransition,
  SessionEntity,
  SessionDetails
> {
  constructor(
    private readonly repository: SessionsRepository,
    private readonly agent: AgentOutputs,
    private readonly relay: RelayOutputs,
    private readonly events: SessionEvents,
    journal: Journal,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    super(SESSION_MACHINE, repository, journal);
  }

  /**
   * Applies the input that follows from the states of the two halves. Idempotent. Runs again after a restart, because
   * the server may have stopped after storing a log.
   * @param row as it was just stored or read
   * @returns the updated session
   */
  async conclude(row: SessionEntity): Promise<SessionEntity> {
    const input = inputOf(row);
    const ends = input !== undefined && input !== 'both-connected';
    const ending = ends ? await this.endingOf(row) : undefined;
    const changed = input && (await this.apply(row.id, input, { row, ending }));
    if (changed) return changed;
    // without an input, only a half has changed; otherwise the session may have changed, too
    const present = (input && (await this.repository.find(row.id))) ?? row;
    this.publish(present);
    return present;
  }

  /**
   * Writes the end logs that no relay will report, and ends the session.
   * @param input `presume-ended`: by a deadline or a user; `both-halves-ended`: the relay has no record of the session
   * @param detail the user, if any, and the reason
   * @returns whether it has ended by this
   */
  async presumeEnded(id: string, input: 'presume-ended' | 'both-halves-ended', detail: string): Promise<boolean> {
    const row = await this.repository.storeLogs({ id }, (session) => (session.openPair ? presumedEnds(session) : []));
    if (!row?.openPair) return false;
    return (await this.apply(id, input, { detail, row })) !== undefined;
  }

  protected carryOut(
    output: SessionOutput,
    session: SessionEntity,
    details?: SessionDetails,
  ): Promise<SessionFollowUp | undefined | void> {
    switch (output) {
      case 'acquire-information':
        return this.agent.acquireInformation(session);
      case 'request-approval':
        return this.agent.requestApproval(session);
      case 'request-link':
        return this.relay.requestLink(session);
      case 'send-connection-info':
        return this.agent.sendConnectionInfo(session, details?.deviceConnection);
      case 'withdraw-approval':
        return this.agent.withdrawApproval(session);
      case 'ask-device-to-end':
        return this.agent.askToEnd(session);
      case 'end-device-half':
        return this.relay.endHalf(session, 'device');
      case 'end-terminal-half':
        return this.relay.endHalf(session, 'terminal');
    }
  }

  /**
   * A session that was being prepared when the server stopped is unknown to agent and relay, and ends. Agents and
   * relays get time to reconnect, and to end a half or report its end, before anything is forced or presumed.
   */
  protected async resume({ id, state, linkId }: SessionEntity): Promise<void> {
    if (state === 'approved') await this.apply(id, 'relay-unavailable', { detail: 'the server was restarted' });
    if (!linkId) return;
    const found = await this.repository.find(id);
    const session = found && (await this.conclude(found));
    if (session && CLOSING.includes(session.state))
      await this.postpone(session, new Date(Date.now() + this.config.timeouts.halfEnd));
  }

  protected override async expire(session: SessionEntity, input: SessionInput): Promise<void> {
    if (input === 'presume-ended') await this.presumeEnded(session.id, input, 'no end log came in time');
    else await super.expire(session, input);
  }

  protected publish(session: SessionEntity): void {
    this.events.publish('changed', session);
  }

  protected unknown(id: string): Error {
    return new UnknownSession(id);
  }

  protected deadlineAfter(wait: SessionWait, { validUntil }: SessionEntity, now: Date): Date | null {
    if (wait === 'validity') return validUntil;
    return new Date(now.getTime() + (wait === 'prepare' ? PREPARE_MS : this.config.timeouts[wait]));
  }

  protected valuesFor(
    session: SessionEntity,
    { to, ending, refines }: SessionTransition,
    details: SessionDetails,
  ): Partial<SessionEntity> {
    const now = new Date();
    const earlier = session.ending === refines ? null : session.ending;
    const decided = earlier ?? (ending && (details.ending ?? ending)) ?? null;
    const values: Partial<SessionEntity> = {
      ...details.values,
      ending: decided,
      denial: session.denial ?? (decided === 'denied' ? (details.denial ?? null) : null),
      detail: session.detail || (details.detail ?? '').slice(0, DETAIL_CHARACTERS),
    };
    if (to === session.state) return values;
    return {
      ...values,
      ...(to === 'approved' && { approvedAt: now }),
      ...(to === 'established' && { establishedAt: now }),
      ...(to === 'ended' && { endedAt: now, openPair: null }),
      ...(to !== 'prepared' && { terminalConnection: null }),
    };
  }

  /** The ending according to the half that ended first. */
  private async endingOf({ id, ending }: SessionEntity): Promise<Ending | undefined> {
    if (ending) return ending;
    const first = (await this.repository.logsOf([id])).find((log) => log.kind === 'end');
    return first?.reason ? ENDING_OF[first.reason]?.(first.half) : undefined;
  }
}

/** The end logs that are missing; the real ones may have arrived by now. */
function presumedEnds(session: SessionEntity): HalfLogEntity[] {
  const now = new Date();
  const missing = HALVES.filter((half) => halfStateOf(session, half) !== 'ended');
  return missing.map((half) => ({
    id: randomUUID(),
    sessionId: session.id,
    half,
    kind: 'end',
    at: now,
    keptAt: now,
    reason: 'presumed',
    peerAddress: null,
    bytesReceived: 0,
    bytesSent: 0,
  }));
}

function inputOf({ deviceHalf, terminalHalf }: SessionEntity): SessionInput | undefined {
  if (deviceHalf === 'ended' && terminalHalf === 'ended') return 'both-halves-ended';
  if (deviceHalf === 'ended') return 'device-half-ended';
  if (terminalHalf === 'ended') return 'terminal-half-ended';
  return deviceHalf === 'connected' && terminalHalf === 'connected' ? 'both-connected' : undefined;
}
