import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { HALVES, type EndReason, type Ending, type Half, type HalfState } from '../../protocol/remote-session';
import type { ControlPlaneMethods, HalfLog, Params, Result } from '../../protocol/relay-rpc';
import type { Step } from '../../protocol/steps';
import { tokenHash } from './prepare-connection';
import type { SessionEntity } from './session.entity';
import { SessionLifecycle } from './session.lifecycle';
import { SessionTimeline } from './session-timeline';
import { SessionsRepository } from './sessions.repository';

const otherHalf = (half: Half): Half => (half === 'device' ? 'terminal' : 'device');
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
const endSteps = (half: Half, session: SessionEntity): [Step, Step] => {
  if (half === 'device') return ['S297', 'S298'];
  return session.state === 'ending' ? ['S269', 'S270'] : ['S334', 'S335'];
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
    const [kept, acknowledged] = event.kind === 'start' ? START_STEPS[half] : endSteps(half, session);
    this.timeline.step(kept, session.id);
    const isNew = await this.repository.keepLog(
      {
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
      },
      valuesOf(log, session),
    );
    if (isNew) await this.conclude(session.id, half, event.kind, event.kind === 'end' ? event.reason : undefined);
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
  async closeBooks(session: SessionEntity, input: 'close-books' | 'both-halves-ended', detail: string): Promise<void> {
    const now = new Date();
    for (const half of HALVES.filter((each) => stateOf(session, each) !== 'ended')) {
      const log = {
        id: randomUUID(),
        sessionId: session.id,
        half,
        kind: 'end',
        at: now,
        keptAt: now,
        reason: 'presumed',
      } as const;
      await this.repository.keepLog(
        { ...log, peerAddress: null, bytesReceived: 0, bytesSent: 0 },
        stateValue(half, 'ended'),
      );
    }
    await this.lifecycle.apply(session.id, input, { detail });
  }

  private async conclude(id: string, half: Half, kind: 'start' | 'end', reason?: EndReason): Promise<void> {
    const session = await this.repository.find(id); // afresh: both halves may have reported at once
    if (!session) return;
    const other = stateOf(session, otherHalf(half));
    if (kind === 'start') {
      if (other === 'connected') await this.lifecycle.apply(id, 'both-connected');
      else this.lifecycle.tell(session);
      return;
    }
    const ending = reason && ENDING_OF[reason]?.(half);
    await this.lifecycle.apply(id, other === 'ended' ? 'both-halves-ended' : `${half}-half-ended`, { ending });
  }
}

const stateValue = (half: Half, state: HalfState): Partial<SessionEntity> =>
  half === 'device' ? { deviceHalf: state } : { terminalHalf: state };

/** What a log says about its half; a start that comes late does not open a half again. */
function valuesOf({ half, event }: HalfLog, session: SessionEntity): Partial<SessionEntity> {
  if (event.kind === 'start') return stateOf(session, half) === 'waiting' ? stateValue(half, 'connected') : {};
  const bytes = half === 'device' ? 'bytesFromDevice' : 'bytesFromTerminal';
  return { ...stateValue(half, 'ended'), [bytes]: event.bytesReceived };
}
