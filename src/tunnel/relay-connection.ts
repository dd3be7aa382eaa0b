import type { Duplex } from 'node:stream';
import type { ConnectionInfo } from '../protocol/control-channel';
import { LIMITS } from '../protocol/limits';
import { isProtected } from '../protocol/loopback';
import { CLOSE_TERMINATED, RELAY_PATHS, type EndToEndMessage, type RelayMessage } from '../protocol/relay-messages';
import type { Half } from '../protocol/remote-session';
import { watchHeartbeat, watchInterruptions } from './heartbeat';
import type { OutboundProxy } from './outbound-proxy';
import { RelayNotEncrypted, RelayRefused, RelayUnreachable } from './relay-connection.errors';
import { askRelay, openRelaySocket, readRelayMessage, send, type RelayAddress } from './relay-dial';
import { Resumption } from './resumption';
import { WebSocketBytes } from './websocket-bytes';
import type { ClientWebSocket } from './websocket/client-web-socket';
import { ABNORMAL_CLOSURE } from './websocket/frames';

export type Terminated = Extract<RelayMessage, { type: 'terminated' }>;
type Established = Extract<RelayMessage, { type: 'established' }>;
/** How a connection ended: in order with the relay's last message, or without one. */
export type Closed = { kind: 'terminated'; message: Terminated } | { kind: 'lost'; code: number; detail: string };

/** Before it answers, the relay may send two requests to the control plane: token or termination, then the log. */
const ANSWER_MS = 2 * LIMITS.RELAY_RPC_TIMEOUT_MS + LIMITS.RELAY_CLOSE_MS;
const POLICY_VIOLATION = 1008;

export interface DialRelayOptions {
  readonly signal?: AbortSignal;
  /** From dialling to `established`. */
  readonly timeoutMs?: number;
  readonly outbound?: OutboundProxy;
  /** Whether the relay reports those of the other half to `onInterruption`. */
  readonly reportInterruptions?: boolean;
  /** Whether the half continues over another connection when this one carries nothing. */
  readonly resumable?: boolean;
}

/**
 * Establishes one half at the relay (S172, S204); resolves when the relay answers `established`.
 * @throws RelayNotEncrypted, RelayRefused, RelayUnreachable (also on abort and timeout)
 */
export async function dialRelay(
  info: ConnectionInfo,
  half: Half,
  { signal, timeoutMs, outbound, reportInterruptions, resumable }: DialRelayOptions = {},
): Promise<RelayConnection> {
  if (!new URL(info.url).pathname.endsWith(RELAY_PATHS[half]))
    throw new RelayRefused('wrong-side', `${half} halves are served at ${RELAY_PATHS[half]}`);
  if (!isProtected(info.url)) throw new RelayNotEncrypted();
  if (signal?.aborted) throw new RelayUnreachable('aborted');
  const { url, sessionId, token, pin, authority } = info;
  const address = { info: { url, sessionId, pin, authority }, outbound };
  const ws = openRelaySocket(address);
  try {
    return await askRelay(
      ws,
      { type: 'establish', sessionId, token, reportInterruptions, resumable },
      (answer) =>
        answer.type === 'established' ? new RelayConnection(ws, answer, resumable ? address : undefined) : undefined,
      { signal, timeoutMs: timeoutMs ?? LIMITS.DIAL_TIMEOUT_MS + ANSWER_MS },
    );
  } catch (error) {
    ws.terminate();
    throw error;
  }
}

/** Receives whether a connection carries nothing: the own one to the relay, or that of the other half. */
export type InterruptionListener = (isInterrupted: boolean, connection: 'own' | 'other') => void;

/** Receives the seconds after which to return; undefined: the deployment was aborted. */
export type DrainingListener = (returnAfterSeconds: number | undefined) => void;

/** One established half at the relay. If both halves are resumable, its WebSocket is replaced when that carries nothing. */
export class RelayConnection {
  readonly remoteSessionId: string;
  readonly validUntil: Date;
  /** The tunnel's byte stream. Ending it does not end the half: `terminate` does. */
  readonly bytes: Duplex;
  /** Resolves when both halves are established. Rejects if the connection closes first. */
  readonly joined: Promise<void>;
  /** Never rejects. */
  readonly closed: Promise<Closed>;

  #ws: ClientWebSocket;
  readonly #bytes: WebSocketBytes;
  #resumption: Resumption | undefined;
  readonly #drainingListeners: DrainingListener[] = [];
  readonly #interruptionListeners: InterruptionListener[] = [];
  #draining: number | undefined;
  #isWatched = false;
  #isSilent = false;
  #isTerminating = false;
  #terminated: Terminated | undefined;
  /** What the relay or the other half has done against the protocol. */
  #violation: string | undefined;
  #join: () => void = () => undefined;
  #close: (closed: Closed) => void = () => undefined;

  /** @param address to resume at; undefined: the half is not resumable */
  constructor(
    ws: ClientWebSocket,
    established: Established,
    private readonly address: RelayAddress | undefined,
  ) {
    this.#ws = ws;
    this.remoteSessionId = established.remoteSessionId;
    this.validUntil = new Date(established.validUntil);
    this.closed = new Promise((resolve) => (this.#close = resolve));
    this.joined = new Promise((resolve, reject) => {
      this.#join = resolve;
      void this.closed.then(() => reject(new Error('the connection closed before both halves were established')));
    });
    this.joined.catch(() => undefined); // waiting for it is optional
    this.#use(ws);
    this.bytes = this.#bytes = new WebSocketBytes(ws, address !== undefined);
  }

  /** S262, S292: requests the end of this half; cuts the connection if no answer comes in time. */
  terminate(): Promise<Closed> {
    this.#isTerminating = true;
    send(this.#ws, { type: 'terminate' });
    this.bytes.destroy();
    return this.#closeWithin(ANSWER_MS);
  }

  /** The listener is called immediately if the relay is already draining. */
  onDraining(listener: DrainingListener): void {
    this.#drainingListeners.push(listener);
    if (this.#draining !== undefined) listener(this.#draining);
  }

  /** Calls the listener when a connection to the relay stops carrying anything, and when it carries again. */
  onInterruption(listener: InterruptionListener): void {
    this.#interruptionListeners.push(listener);
    this.#watch();
  }

  #use(ws: ClientWebSocket): void {
    this.#ws = ws;
    ws.on('text', (text) => ws === this.#ws && this.#onText(text));
    ws.once('close', (code, reason) => ws === this.#ws && this.#onClosed(code, reason));
    watchHeartbeat(ws, LIMITS.RELAY_PING_INTERVAL_MS, () => ws.terminate());
    if (this.#isWatched) this.#watchInterruptions(ws);
  }

  #watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    this.#watchInterruptions(this.#ws);
  }

  #watchInterruptions(ws: ClientWebSocket): void {
    watchInterruptions(ws, LIMITS.RELAY_INTERRUPTED_MS, (isInterrupted) => {
      if (ws === this.#ws) this.#onSilent(isInterrupted);
    });
  }

  #onSilent(isSilent: boolean): void {
    if (this.#isSilent === isSilent) return;
    this.#isSilent = isSilent;
    for (const listener of this.#interruptionListeners) listener(isSilent, 'own');
    if (isSilent) void this.#resumption?.run().then(() => this.#onResumptionEnded());
  }

  /** A WebSocket that has closed meanwhile was not replaced. */
  #onResumptionEnded(): void {
    if (this.#ws.readyState === this.#ws.CLOSED && !this.#resumption?.isRunning) this.#finish(ABNORMAL_CLOSURE, '');
  }

  #onText(text: Buffer | undefined): void {
    const message = readRelayMessage(text);
    switch (message?.type) {
      case 'joined':
        return this.#onJoined(message.resumeSecret);
      case 'draining':
      case 'resumed':
        return this.#onDraining(message.type === 'draining' ? message.returnAfterSeconds : undefined);
      case 'interrupted':
      case 'restored':
        for (const listener of this.#interruptionListeners) listener(message.type === 'interrupted', 'other');
        return;
      case 'terminated':
        this.#terminated = message;
        return this.#leave(CLOSE_TERMINATED);
      case 'renewed':
        if (this.#resumption) return this.#bytes.renew(message.renewal);
        break;
      case 'acknowledge':
      case 'continue':
        if (this.#resumption) return this.#onOtherHalf(message);
    }
    this.#leave(POLICY_VIOLATION, 'unexpected message');
  }

  #onJoined(secret: string | undefined): void {
    if (this.address && !this.#resumption) {
      this.#bytes.setResumable(secret !== undefined);
      if (secret !== undefined) this.#beResumable(this.address, secret);
    }
    this.#join();
  }

  #beResumable(address: RelayAddress, secret: string): void {
    const isSilent = () => this.#isSilent;
    this.#resumption = new Resumption(address, secret, {
      get isSilent() {
        return isSilent();
      },
      onRenewed: (ws, renewal) => this.#onRenewed(ws, renewal),
    });
    this.#watch();
  }

  #onRenewed(ws: ClientWebSocket, renewal: number): void {
    const before = this.#ws;
    this.#use(ws);
    before.terminate();
    this.#bytes.renew(renewal, ws);
    this.#onSilent(false);
    if (this.#isTerminating) send(ws, { type: 'terminate' });
  }

  #onOtherHalf(message: EndToEndMessage): void {
    try {
      this.#bytes.heed(message);
    } catch (error) {
      this.#violation = (error as Error).message;
      this.#leave(POLICY_VIOLATION, 'offset out of range');
    }
  }

  #onDraining(returnAfterSeconds: number | undefined): void {
    if (this.#draining === returnAfterSeconds) return;
    this.#draining = returnAfterSeconds;
    for (const listener of this.#drainingListeners) listener(returnAfterSeconds);
  }

  #onClosed(code: number, reason: string): void {
    if (code === ABNORMAL_CLOSURE && this.#resumption?.isRunning) return; // it may still be replaced
    this.#finish(code, reason);
  }

  #leave(code: number, reason?: string): void {
    this.#resumption?.end();
    this.#ws.close(code, reason);
    this.bytes.destroy();
    void this.#closeWithin(LIMITS.RELAY_CLOSE_MS);
  }

  #closeWithin(ms: number): Promise<Closed> {
    const force = setTimeout(() => {
      this.#resumption?.end();
      this.#ws.terminate();
    }, ms);
    return this.closed.finally(() => clearTimeout(force));
  }

  #finish(code: number, detail: string): void {
    this.#resumption?.end();
    this.bytes.destroy();
    if (this.#terminated) this.#close({ kind: 'terminated', message: this.#terminated });
    else this.#close({ kind: 'lost', code, detail: this.#violation ?? detail });
  }
}
