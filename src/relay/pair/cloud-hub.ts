import { randomUUID } from 'node:crypto';
import type { Journal } from '../../journal/journal';
import { toInstant } from '../../protocol/names';
import type { Refusal } from '../../protocol/relay-messages';
import type { ControlPlaneMethods, HalfLog, Result } from '../../protocol/relay-rpc';
import type { Half } from '../../protocol/remote-session';
import { secretHash } from '../../tunnel/sha256';
import type { HalfEnding } from './half-ending';
import { OPENING_STEPS } from './half-steps';
import type { MasterPeer } from '../pair-rpc';
import type { PeerSocket } from './peer-socket';
import type { Established, HalfOwner, RelayedSession, Terminated } from './relayed-session';

export interface RefusedHere {
  readonly code: Refusal;
  readonly detail: string;
}
type Authenticated = Extract<Result<ControlPlaneMethods, 'authenticate'>, { outcome: 'permitted' }>;

const refused = (code: Refusal, detail = ''): RefusedHere => ({ code, detail });

/** The device's side of a pair. It also authenticates and logs for its Web Agent (S206-S213). */
export class CloudHub implements HalfOwner {
  constructor(
    private readonly master: MasterPeer,
    private readonly ending: HalfEnding,
    private readonly onValidUntil: (session: RelayedSession) => void,
    private readonly journal: Journal,
  ) {}

  /** S172: a device requests its half. */
  async serve(session: RelayedSession, peer: PeerSocket, token: string): Promise<void> {
    const refusal = await this.open(session, 'device', peer, token, this);
    if (refusal) return peer.refuse(refusal.code, refusal.detail);
    peer.serve({
      onTerminate: () => this.terminate(session, 'device', 'S293'),
      onLost: () => this.lose(session, 'device'),
    });
    this.join(session, 'device', peer);
  }

  established(peer: PeerSocket, message: Established): void {
    this.journal.step('S180', message.remoteSessionId);
    peer.send(message);
  }

  terminated(peer: PeerSocket, message: Terminated): void {
    peer.end(message);
  }

  /**
   * S173-S180, S206-S213: authenticates, stores and reports the start log, then has the owner notify the peer.
   * @returns the refusal, if the half was not established; the peer may try again
   */
  async open(
    session: RelayedSession,
    half: Half,
    peer: PeerSocket,
    token: string,
    owner: HalfOwner,
  ): Promise<RefusedHere | undefined> {
    const record = session.halves[half];
    if (record.state === 'ending' || record.state === 'ended') return refused('unknown-session');
    if (record.state !== 'waiting') return refused('token-used', 'this half is already connected');
    record.state = 'connecting';
    const refusal = await this.#open(session, half, peer, token);
    // The cast undoes the narrowing above: the control plane may have ended the half meanwhile.
    if ((record.state as string) !== 'connecting') return refused('unknown-session', 'the session is being ended');
    if (refusal) {
      record.state = 'waiting';
      // The deadline may have passed during the attempt.
      if (session.connectBefore <= new Date()) this.ending.start(session, half, { reason: 'never-connected' });
      return refusal;
    }
    Object.assign(record, { state: 'connected', peer, owner } as const);
    owner.established(peer, {
      type: 'established',
      remoteSessionId: session.remoteSessionId,
      validUntil: toInstant(session.validUntil!),
    });
    return undefined;
  }

  /** [0103]: associates the WebSockets of both halves. Called after `peer.serve`. */
  join(session: RelayedSession, half: Half, peer: PeerSocket): void {
    session.link.attach(half, peer.ws);
    if (!session.link.joined) return;
    const { device, terminal } = session.halves;
    for (const { peer: joined } of [device, terminal]) joined?.send({ type: 'joined' });
    if (device.peer) terminal.peer?.reportInterruptionsOf(device.peer);
    this.journal.info('both halves are joined', { linkId: session.linkId, remoteSessionId: session.remoteSessionId });
  }

  /** S264-S272, S293-S299: ends a half at its peer's request, whether or not the control plane answers. */
  terminate(session: RelayedSession, half: Half, step: 'S264' | 'S293'): void {
    this.ending.start(session, half, { reason: 'requested' }, async () => {
      this.journal.step(step, session.remoteSessionId);
      await this.master.call('request-termination', { linkId: session.linkId, half }).catch((error: Error) =>
        this.journal.warn('the control plane could not be notified of a termination; the half ends all the same', {
          linkId: session.linkId,
          half,
          detail: error.message,
        }),
      );
    });
  }

  lose(session: RelayedSession, half: Half): void {
    this.ending.start(session, half, { reason: 'lost' });
  }

  async #open(session: RelayedSession, half: Half, peer: PeerSocket, token: string): Promise<RefusedHere | undefined> {
    const answer = await this.#authenticate(session, half, token);
    if ('code' in answer) return answer;
    const record = session.halves[half];
    if (record.state !== 'connecting' || !peer.isOpen) return refused('unknown-session', 'the peer has disconnected');
    session.validUntil = new Date(answer.validUntil);
    this.onValidUntil(session);
    record.tokenHash = secretHash(token);
    record.startLog ??= {
      id: randomUUID(),
      linkId: session.linkId,
      half,
      at: toInstant(Date.now()),
      event: { kind: 'start', peerAddress: peer.address },
      tokenHash: record.tokenHash,
    };
    return this.#logStart(session, record.startLog);
  }

  /** S173, S206. */
  async #authenticate(session: RelayedSession, half: Half, token: string): Promise<Authenticated | RefusedHere> {
    this.journal.step(OPENING_STEPS[half].authenticate, session.remoteSessionId);
    try {
      const answer = await this.master.call('authenticate', { linkId: session.linkId, half, token });
      if (answer.outcome === 'refused') return refused(answer.code);
      if (answer.remoteSessionId === session.remoteSessionId) return answer;
      this.journal.error('the control plane names another session for this link', { linkId: session.linkId });
      return refused('token-refused');
    } catch (error) {
      this.journal.warn('the control plane could not authenticate', { detail: (error as Error).message });
      return refused('control-plane-unavailable');
    }
  }

  /** S176-S179, S209-S212: a half is established only after the control plane has the log. */
  async #logStart(session: RelayedSession, log: HalfLog): Promise<RefusedHere | undefined> {
    const record = session.halves[log.half];
    const { remoteSessionId } = session;
    const steps = OPENING_STEPS[log.half];
    if (!record.started) {
      try {
        const { stored } = await this.master.call('store', log);
        if (!stored) return refused('unknown-session');
      } catch (error) {
        return refused('overloaded', `the relay cannot store its log (${(error as Error).message})`);
      }
      this.journal.step(steps.store, remoteSessionId);
      record.started = true;
    }
    const { acknowledged } = await this.master
      .call('report', { log, remoteSessionId, step: steps.report })
      .catch(() => ({ acknowledged: false }));
    return acknowledged ? undefined : refused('control-plane-unavailable', 'the start log is not acknowledged yet');
  }
}
