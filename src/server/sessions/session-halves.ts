import { Injectable } from '@nestjs/common';
import type { EndReason, Half } from '../../protocol/remote-session';
import type { ControlPlaneMethods, HalfLog, Params, Result } from '../../protocol/relay-rpc';
import type { Step } from '../../protocol/steps';
import { secretHash } from '../../tunnel/sha256';
import { halfStateOf, type SessionEntity } from './session.entity';
import { SessionLifecycle } from './session.lifecycle';
import { SessionTimeline } from './session-timeline';
import { SessionsRepository } from './sessions.repository';

/** The steps the control plane takes for a start log: kept, acknowledged. */
const START_STEPS: Record<Half, [Step, Step]> = { device: ['S178', 'S179'], terminal: ['S211', 'S212'] };
/** For an end log: of Fig. 14 where the terminal has asked for its end, otherwise of Fig. 17. */
const endSteps = (half: Half, reason: EndReason): [Step, Step] => {
  if (half === 'device') return ['S297', 'S298'];
  return reason === 'requested' ? ['S269', 'S270'] : ['S334', 'S335'];
};

/** What relays say about the halves of sessions: who may connect, who did, and how it ended. */
@Injectable()
export class SessionHalves {
  constructor(
    private readonly repository: SessionsRepository,
    private readonly lifecycle: SessionLifecycle,
    private readonly timeline: SessionTimeline,
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
   * Keeps a start or end log (S178, S211, S269, S297, S334) and draws its consequences. Repeating a report is harmless.
   * @returns false when there is no such session at this relay.
   */
  async keep(relayId: string, log: HalfLog): Promise<boolean> {
    const session = await this.repository.findByLink(log.linkId);
    if (!session || session.relayId !== relayId) return false;
    const { event, half } = log;
    const [kept, acknowledged] = event.kind === 'start' ? START_STEPS[half] : endSteps(half, event.reason);
    this.timeline.step(kept, session.id);
    await this.repository.keepLog({
      id: log.id,
      sessionId: session.id,
      half,
      kind: event.kind,
      at: new Date(log.at),
      keptAt: new Date(),
      reason: event.kind === 'end' ? event.reason : null,
      peerAddress: event.kind === 'start' ? event.peerAddress : null,
      bytesReceived: event.kind === 'end' ? event.bytesReceived : 0,
      bytesSent: event.kind === 'end' ? event.bytesSent : 0,
    });
    await this.lifecycle.conclude(session.id);
    this.timeline.step(acknowledged, session.id);
    return true;
  }

  /** S264-S266, S293-S294: one half asks for the end; accepted whatever the state, so that it can end. */
  async requestTermination(relayId: string, linkId: string, half: Half): Promise<void> {
    const session = await this.repository.findByLink(linkId);
    if (!session || session.relayId !== relayId) return;
    await this.lifecycle.apply(session.id, half === 'device' ? 'device-asks' : 'terminal-asks');
    this.timeline.step(half === 'device' ? 'S294' : 'S266', session.id);
  }
}
