import { Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import type { EndReason, Half } from '../../protocol/remote-session';
import type { ByteCounts, ControlPlaneMethods, HalfLog, Params, Result } from '../../protocol/relay-rpc';
import type { Step } from '../../protocol/steps';
import { secretHash } from '../../tunnel/sha256';
import type { HalfLogEntity } from './half-log.entity';
import { halfStateOf, type SessionEntity } from './session.entity';
import { SessionLifecycle } from './session.lifecycle';
import { SessionTimeline } from './session-timeline';
import { SessionsRepository } from './sessions.repository';

/** The steps of the control plane for a start log: stored, acknowledged. */
const START_STEPS: Record<Half, [Step, Step]> = { device: ['S178', 'S179'], terminal: ['S211', 'S212'] };
/** The steps for an end log: of Fig. 14 if the terminal has requested the end, otherwise of Fig. 17. */
const endSteps = (half: Half, reason: EndReason): [Step, Step] => {
  if (half === 'device') return ['S297', 'S298'];
  return reason === 'requested' ? ['S269', 'S270'] : ['S334', 'S335'];
};

/** Handles the reports of relays about the halves of sessions: authentication, start and end. */
@Injectable()
export class SessionHalves {
  constructor(
    private readonly repository: SessionsRepository,
    private readonly lifecycle: SessionLifecycle,
    private readonly timeline: SessionTimeline,
    private readonly journal: Journal,
  ) {}

  /** S174, S207: a token opens one half of one session, once, while it is being set up. */
  async authenticate(
    relayId: string,
    { linkId, half, token }: Params<ControlPlaneMethods, 'authenticate'>,
  ): Promise<Result<ControlPlaneMethods, 'authenticate'>> {
    const session = await this.repository.findByLink(linkId);
    if (!session || session.relayId !== relayId) return { outcome: 'refused', code: 'unknown-session' };
    this.timeline.step(half === 'device' ? 'S174' : 'S207', session.id);
    const answer = this.permission(session, half, secretHash(token));
    this.timeline.step(half === 'device' ? 'S175' : 'S208', session.id);
    return answer;
  }

  private permission(session: SessionEntity, half: Half, hash: string): Result<ControlPlaneMethods, 'authenticate'> {
    const [own, other] = [session.deviceTokenHash, session.terminalTokenHash];
    const [mine, theirs] = half === 'device' ? [own, other] : [other, own];
    if (hash === theirs) return { outcome: 'refused', code: 'wrong-side' };
    if (hash !== mine) return { outcome: 'refused', code: 'token-refused' };
    if (halfStateOf(session, half) !== 'waiting') return { outcome: 'refused', code: 'token-used' };
    const { validUntil } = session;
    if (session.state !== 'prepared' || !validUntil || validUntil.getTime() <= Date.now()) {
      return { outcome: 'refused', code: 'token-expired' };
    }
    return { outcome: 'permitted', remoteSessionId: session.id, validUntil: validUntil.toISOString() };
  }

  /**
   * Stores a start or end log (S178, S211, S269, S297, S334) and updates the session. Idempotent.
   * @returns false if this relay has no such session, or the half was not opened with the token that the log names
   */
  async storeLog(relayId: string, log: HalfLog): Promise<boolean> {
    const { event, half, linkId } = log;
    const [stored, acknowledged] = event.kind === 'start' ? START_STEPS[half] : endSteps(half, event.reason);
    let isAccepted = false;
    const session = await this.repository.storeLogs({ linkId }, (found) => {
      isAccepted = this.accepts(found, relayId, log);
      if (!isAccepted) return [];
      this.timeline.step(stored, found.id);
      return [rowOf(log, found.id)];
    });
    if (!session || !isAccepted) return false;
    await this.lifecycle.conclude(session);
    this.timeline.step(acknowledged, session.id);
    return true;
  }

  private accepts(session: SessionEntity, relayId: string, log: HalfLog): boolean {
    if (session.relayId !== relayId) return false;
    if (isOfItsToken(session, log)) return true;
    const subject = { remoteSessionId: session.id, relayId, half: log.half, kind: log.event.kind };
    this.journal.error('a log was not stored: it names another token than that of its half', subject);
    return false;
  }

  /** The last counts of a relay that was lost. A count never becomes smaller. */
  async noteBytes(relayId: string, counts: readonly ByteCounts[]): Promise<void> {
    for (const { linkId, bytesFromDevice, bytesFromTerminal } of counts) {
      const session = await this.repository.findByLink(linkId);
      if (session?.relayId === relayId) await this.repository.noteBytes(session.id, bytesFromDevice, bytesFromTerminal);
    }
  }

  /** S264-S266, S293-S294: one half requests the end. Accepted in every state, so that the half can always end. */
  async requestTermination(relayId: string, linkId: string, half: Half): Promise<void> {
    const session = await this.repository.findByLink(linkId);
    if (!session || session.relayId !== relayId) return;
    await this.lifecycle.apply(session.id, half === 'device' ? 'device-asks' : 'terminal-asks', { row: session });
    this.timeline.step(half === 'device' ? 'S294' : 'S266', session.id);
  }
}

const rowOf = ({ id, half, at, event }: HalfLog, sessionId: string): HalfLogEntity => ({
  id,
  sessionId,
  half,
  kind: event.kind,
  at: new Date(at),
  keptAt: new Date(),
  reason: event.kind === 'end' ? event.reason : null,
  peerAddress: event.kind === 'start' ? event.peerAddress : null,
  bytesReceived: event.kind === 'end' ? event.bytesReceived : 0,
  bytesSent: event.kind === 'end' ? event.bytesSent : 0,
});

/** A half that never presented its token ends without one. */
function isOfItsToken(session: SessionEntity, { half, event, tokenHash }: HalfLog): boolean {
  if (tokenHash === null) return event.kind === 'end' && halfStateOf(session, half) !== 'connected';
  return tokenHash === session[half === 'device' ? 'deviceTokenHash' : 'terminalTokenHash'];
}
