import { randomUUID } from 'node:crypto';
import type { Journal } from '../../journal/journal';
import { toInstant } from '../../protocol/names';
import type { EndToEndMessage, Refusal } from '../../protocol/relay-messages';
import type { ControlPlaneMethods, HalfLog, Result } from '../../protocol/relay-rpc';
import { OTHER_HALF, type Half } from '../../protocol/remote-session';
import { secretHash } from '../../tunnel/sha256';
import type { HalfEnding } from './half-ending';
import { HalfResumption, type ResumeRequest } from './half-resumption';
import { OPENING_STEPS } from './half-steps';
import type { MasterPeer } from '../pair-rpc';
import type { PeerSocket } from './peer-socket';
import type { Established, HalfOwner, RelayedSession, Terminated } from './relayed-session';

export interface RefusedHere {
  readonly code: Refusal;
  readonly detail: string;
}
/** Of the sessions. */
export interface Deadlines {
  /** It is known until when it may last. */
  expires(session: RelayedSession): void;
  /** Both halves have connected. */
  connected(session: RelayedSession): void;
}
type Authenticated = Extract<Result<ControlPlaneMethods, 'authenticate'>, { outcome: 'permitted' }>;

const refused = (code: Refusal, detail = ''): RefusedHere => ({ code, detail });

/** The device's side of a pair. It also authenticates and logs for its Web Agent (S206-S213). */
export class CloudHub implements HalfOwner {
  constructor(
    private readonly master: MasterPeer,
    private readonly ending: HalfEnding,
    private readonly deadlines: Deadlines,
    private readonly journal: Journal,
  ) {}

  /** S172: a device requests its half. */
  async serve(session: RelayedSession, peer: PeerSocket, token: string): Promise<void> {
    const refusal = await this.open(session, 'device', peer, token, this);
    if (refusal) return peer.refuse(refusal.code, refusal.detail);
    this.serveEstablished(session, peer);
    this.join(session, 'device', peer);
  }

  serveEstablished(session: RelayedSession, peer: PeerSocket): void {
    peer.serve({
      onTerminate: () => this.terminate(session, 'device', 'S293'),
      onEndToEnd: (message) => this.forward(session, 'device', message),
      onLost: () => this.lose(session, 'device', peer),
    });
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
      if (session.connectBefore <= Date.now()) this.ending.start(session, half, { reason: 'never-connected' });
      return refusal;
    }
    Object.assign(record, { state: 'connected', peer, owner, startLog: undefined } as const);
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
    this.deadlines.connected(session);
    const { device, terminal } = session.halves;
    const isResumable = Boolean(device.peer?.isResumable && terminal.peer?.isResumable);
    for (const record of [device, terminal]) {
      const resumption = isResumable ? new HalfResumption() : undefined;
      record.resumption = resumption;
      record.peer?.send({ type: 'joined', resumeSecret: resumption?.issueSecret() });
    }
    if (device.peer) terminal.peer?.reportInterruptionsOf(device.peer);
    this.journal.info('both halves are joined', { linkId: session.linkId, remoteSessionId: session.remoteSessionId });
  }

  /**
   * The half continues over another WebSocket, which replaces the one before. The other half stays as it is.
   * @returns the refusal, if nothing was replaced
   */
  resume(session: RelayedSession, half: Half, peer: PeerSocket, request: ResumeRequest): RefusedHere | undefined {
    const { state, resumption, owner, peer: before } = session.halves[half];
    if (state === 'ending' || state === 'ended' || !peer.isOpen) return refused('unknown-session');
    if (!owner || !before || !resumption?.accepts(request)) return refused('resume-refused');
    session.halves[half].peer = peer;
    session.link.replace(half, peer.ws);
    peer.replace(before);
    owner.serveEstablished(session, peer);
    const renewal = ++session.renewals;
    const { device, terminal } = session.halves;
    for (const each of [device, terminal])
      if (each.state === 'connected') each.peer?.send({ type: 'renewed', renewal });
    if (device.peer) terminal.peer?.reportInterruptionsOf(device.peer);
    this.journal.info('a half continues over another connection', { linkId: session.linkId, half, renewal });
    return undefined;
  }

  /** From half to half; what the relay knows to be of no use is refused. */
  forward(session: RelayedSession, from: Half, message: EndToEndMessage): void {
    const { peer, resumption } = session.halves[from];
    const to = session.halves[OTHER_HALF[from]];
    const sent = session.link.counters[from].sent;
    const forwarding = resumption?.forwarding(message, { renewal: session.renewals, sent });
    if (forwarding === 'refused')
      peer?.refuse('bad-message', 'an offset that is out of range, or acknowledged too often');
    if (forwarding !== 'forwarded') return;
    if (to.state === 'connected') to.peer?.send(message);
    if (message.type === 'continue') this.#rewind(session);
  }

  /** When both halves have sent `continue`, and no bytes yet. */
  #rewind({ halves, link, renewals }: RelayedSession): void {
    const [device, terminal] = [halves.device, halves.terminal].map(({ resumption }) =>
      resumption?.receivedAt(renewals),
    );
    if (device === undefined || terminal === undefined) return;
    link.rewind('terminal', device);
    link.rewind('device', terminal);
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

  /** A half whose WebSocket was replaced has not lost it. */
  lose(session: RelayedSession, half: Half, peer: PeerSocket): void {
    if (session.halves[half].peer !== peer) return;
    this.ending.start(session, half, { reason: 'lost' });
  }

  async #open(session: RelayedSession, half: Half, peer: PeerSocket, token: string): Promise<RefusedHere | undefined> {
    const answer = await this.#authenticate(session, half, token);
    if ('code' in answer) return answer;
    const record = session.halves[half];
    if (record.state !== 'connecting' || !peer.isOpen) return refused('unknown-session', 'the peer has disconnected');
    session.validUntil = Date.parse(answer.validUntil);
    this.deadlines.expires(session);
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
