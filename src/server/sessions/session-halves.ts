import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { HALVES, type EndReason, type Ending, type Half } from '../../protocol/remote-session';
import type { ControlPlaneMethods, HalfLog, Params, Result } from '../../protocol/relay-rpc';
import type { Step } from '../../protocol/steps';
import { tokenHash } from './prepare-connection';
import type { SessionEntity } from './session.entity';
import { SessionLifecycle } from './session.lifecycle';
import type { Input } from './session.machine';
import { SessionTimeline } from './session-timeline';
import { SessionsRepository } from './sessions.repository';

const stateOf = (session: SessionEntity, half: Half) => (half === 'device' ? session.deviceHalf : session.terminalHalf);

/** What the relay's reason for an end says about the session, where nobody has asked for its end before. */
const ENDING_OF: Partial<Record<EndReason, (half: Half) => Ending>> = {
  requested: (half) => (half === 'device' ? 'ended-by-device' : 'ended-by-terminal'),
  lost: (half) => (half === 'device' ? 'lost-device' : 'lost-terminal'),
  expired: () => 'expired',
  'never-connected': () => 'expired',
  'relay-stopped': () => 'lost-relay',
  'relay-restarted': () => 'lost-relay',
  presumed: () => 'lost-relay',
};

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
    const answer = this.permission(session, half, tokenHash(token));
    this.timeline.step(half === 'device' ? 'S175' : 'S208', session.id);
    return answer;
  }

  private permission(session: SessionEntity, half: Half, hash: string): Result<ControlPlaneMethods, 'authenticate'> {
    const [own, other] = [session.deviceTokenHash, session.terminalTokenHash];
    const [mine, theirs] = half === 'device' ? [own, other] : [other, own];
    if (hash === theirs) return { outcome: 'refused', code: 'wrong-side' };
    if (hash !== mine) return { outcome: 'refused', code: 'token-refused' };
    if (stateOf(session, half) !== 'waiting') return { outcome: 'refused', code: 'token-used' };
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
    await this.conclude(session.id);
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

  /**
   * Writes the end logs that no relay will report any more, and ends the session.
   * @param input `close-books`: decided here, by a deadline or a person; `both-halves-ended`: the relay has lost it.
   * @param detail who decided so, and why.
   */
  async closeBooks(id: string, input: 'close-books' | 'both-halves-ended', detail: string): Promise<void> {
    const session = await this.repository.find(id); // afresh: its real logs may have come meanwhile
    if (!session?.openPair) return;
    const now = new Date();
    for (const half of HALVES.filter((each) => stateOf(session, each) !== 'ended')) {
      await this.repository.keepLog({
        id: randomUUID(),
        sessionId: id,
        half,
        kind: 'end',
        at: now,
        keptAt: now,
        reason: 'presumed',
        peerAddress: null,
        bytesReceived: 0,
        bytesSent: 0,
      });
    }
    await this.lifecycle.apply(id, input, { detail });
  }

  /**
   * Draws the consequences of what the halves' columns say; harmless to repeat. Needed again after a start, because the
   * server may have ended between keeping a log and this.
   */
  async conclude(id: string): Promise<void> {
    const session = await this.repository.find(id); // afresh: both halves may have reported at once
    if (!session) return;
    const input = inputOf(session);
    const changed = input && (await this.lifecycle.apply(id, input, { ending: await this.endingOf(session) }));
    if (!changed) this.lifecycle.tell(session);
  }

  /** By the half that ended first, where nobody had asked for the end. */
  private async endingOf({ id, ending }: SessionEntity): Promise<Ending | undefined> {
    if (ending) return ending;
    const first = (await this.repository.logsOf([id])).find((log) => log.kind === 'end');
    return first?.reason ? ENDING_OF[first.reason]?.(first.half) : undefined;
  }
}

function inputOf({ deviceHalf, terminalHalf }: SessionEntity): Input | undefined {
  if (deviceHalf === 'ended' && terminalHalf === 'ended') return 'both-halves-ended';
  if (deviceHalf === 'ended') return 'device-half-ended';
  if (terminalHalf === 'ended') return 'terminal-half-ended';
  return deviceHalf === 'connected' && terminalHalf === 'connected' ? 'both-connected' : undefined;
}
