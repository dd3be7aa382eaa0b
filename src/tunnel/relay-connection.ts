import type { Duplex } from 'node:stream';
import type WebSocket from 'ws';
import type { ConnectionInfo } from '../protocol/control-channel';
import { LIMITS } from '../protocol/limits';
import { isProtected } from '../protocol/loopback';
import { parseJson } from '../protocol/parse-json';
import {
  CLOSE_TERMINATED,
  REFUSALS,
  RELAY_PATHS,
  relayMessage,
  type PeerMessage,
  type Refusal,
  type RelayMessage,
} from '../protocol/relay-messages';
import type { Half } from '../protocol/remote-session';
import { RELAY_SUBPROTOCOL } from '../protocol/version';
import { watchHeartbeat, watchInterruptions } from './heartbeat';
import { RelayNotEncrypted, RelayRefused, RelayUnreachable } from './relay-connection.errors';
import type { OutboundProxy } from './outbound-proxy';
import { clockHint } from './pinned-tls';
import { openWebSocket } from './relay-websocket';
import { WebSocketBytes } from './websocket-bytes';

export type Terminated = Extract<RelayMessage, { type: 'terminated' }>;
type Established = Extract<RelayMessage, { type: 'established' }>;
/** How a connection ended: in order with the relay's last message, or without one. */
export type Closed = { kind: 'terminated'; message: Terminated } | { kind: 'lost'; code: number; detail: string };

/** Before it answers, the relay may send two requests to the control plane: token or termination, then the log. */
const ANSWER_MS = 2 * LIMITS.RELAY_RPC_TIMEOUT_MS + LIMITS.RELAY_CLOSE_MS;

/**
 * Establishes one half at the relay (S172, S204); resolves when the relay answers `established`.
 * @param options.timeoutMs from dialling to `established`
 * @param options.reportInterruptions whether the relay reports those of the other half to `onInterruption`
 * @throws RelayNotEncrypted, RelayRefused, RelayUnreachable (also on abort and timeout)
 */
export async function dialRelay(
  info: ConnectionInfo,
  half: Half,
  options: { signal?: AbortSignal; timeoutMs?: number; outbound?: OutboundProxy; reportInterruptions?: boolean } = {},
): Promise<RelayConnection> {
  if (!new URL(info.url).pathname.endsWith(RELAY_PATHS[half]))
    throw new RelayRefused('wrong-side', `${half} halves are served at ${RELAY_PATHS[half]}`);
  if (!isProtected(info.url)) throw new RelayNotEncrypted();
  if (options.signal?.aborted) throw new RelayUnreachable('aborted');
  const ws = openWebSocket(info.url, {
    subprotocol: RELAY_SUBPROTOCOL,
    maxPayload: LIMITS.RELAY_FRAME_BYTES,
    handshakeMs: LIMITS.DIAL_TIMEOUT_MS,
    trust: { pin: info.pin, authority: info.authority },
    outbound: options.outbound,
  });
  const giveUp = (detail: string) => () => fail(new RelayUnreachable(detail));
  let fail: (error: Error) => void = () => undefined;
  const onAbort = giveUp('aborted');
  const timer = setTimeout(giveUp('no answer in time'), options.timeoutMs ?? LIMITS.DIAL_TIMEOUT_MS + ANSWER_MS);
  options.signal?.addEventListener('abort', onAbort);
  try {
    return await new Promise<RelayConnection>((resolve, reject) => {
      fail = reject;
      const { sessionId, token } = info;
      const { reportInterruptions } = options;
      ws.once('open', () => send(ws, { type: 'establish', sessionId, token, reportInterruptions }));
      ws.on('error', (error: NodeJS.ErrnoException) =>
        reject(new RelayUnreachable(error.message + clockHint(error.code ?? ''), { cause: error })),
      );
      ws.once('close', (code) => reject(refusalByCloseCode(code) ?? new RelayUnreachable(`closed with ${code}`)));
      ws.once('message', (data: Buffer, isBinary: boolean) => {
        const message = isBinary ? undefined : readRelayMessage(data);
        // Created within this event, so that it receives the messages that follow in the same segment.
        if (message?.type === 'established') resolve(new RelayConnection(ws, message));
        else if (message?.type === 'refused') reject(new RelayRefused(message.code, message.detail));
        else reject(new RelayUnreachable('it is not a relay'));
      });
    });
  } catch (error) {
    ws.terminate();
    throw error;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  }
}

/** Receives whether a connection carries nothing: the own one to the relay, or that of the other half. */
export type InterruptionListener = (isInterrupted: boolean, connection: 'own' | 'other') => void;

/** Receives the seconds after which to return; undefined: the deployment was aborted. */
export type DrainingListener = (returnAfterSeconds: number | undefined) => void;

/** One established half at the relay. */
export class RelayConnection {
  readonly remoteSessionId: string;
  readonly validUntil: Date;
  /** The tunnel's byte stream. Ending it does not end the half: `terminate` does. */
  readonly bytes: Duplex;
  /** Resolves when both halves are established. Rejects if the connection closes first. */
  readonly joined: Promise<void>;
  /** Never rejects. */
  readonly closed: Promise<Closed>;

  readonly #ws: WebSocket;
  readonly #drainingListeners: DrainingListener[] = [];
  readonly #interruptionListeners: InterruptionListener[] = [];
  #draining: number | undefined;
  #terminated: Terminated | undefined;
  #join: () => void = () => undefined;

  constructor(ws: WebSocket, established: Established) {
    this.#ws = ws;
    this.remoteSessionId = established.remoteSessionId;
    this.validUntil = new Date(established.validUntil);
    ws.on('message', (data: Buffer, isBinary: boolean) => isBinary || this.#onText(data));
    this.bytes = new WebSocketBytes(ws);
    this.closed = new Promise((resolve) =>
      ws.once('close', (code, reason) => resolve(this.#howClosed(code, reason.toString()))),
    );
    this.joined = new Promise((resolve, reject) => {
      this.#join = resolve;
      void this.closed.then(() => reject(new Error('the connection closed before both halves were established')));
    });
    this.joined.catch(() => undefined); // waiting for it is optional
    watchHeartbeat(ws, LIMITS.RELAY_PING_INTERVAL_MS, () => ws.terminate());
  }

  /** S262, S292: requests the end of this half; cuts the connection if no answer comes in time. */
  terminate(): Promise<Closed> {
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
    watchInterruptions(this.#ws, LIMITS.RELAY_INTERRUPTED_MS, (isInterrupted) => listener(isInterrupted, 'own'));
    this.#interruptionListeners.push(listener);
  }

  #onText(data: Buffer): void {
    const message = readRelayMessage(data);
    if (message?.type === 'joined') return this.#join();
    if (message?.type === 'draining' || message?.type === 'resumed') {
      this.#draining = message.type === 'draining' ? message.returnAfterSeconds : undefined;
      for (const listener of this.#drainingListeners) listener(this.#draining);
      return;
    }
    if (message?.type === 'interrupted' || message?.type === 'restored') {
      for (const listener of this.#interruptionListeners) listener(message.type === 'interrupted', 'other');
      return;
    }
    if (message?.type === 'terminated') {
      this.#terminated = message;
      this.#ws.close(CLOSE_TERMINATED);
    } else this.#ws.close(1008, 'unexpected message');
    this.bytes.destroy();
    void this.#closeWithin(LIMITS.RELAY_CLOSE_MS);
  }

  #closeWithin(ms: number): Promise<Closed> {
    const force = setTimeout(() => this.#ws.terminate(), ms);
    return this.closed.finally(() => clearTimeout(force));
  }

  #howClosed(code: number, detail: string): Closed {
    if (this.#terminated) return { kind: 'terminated', message: this.#terminated };
    return { kind: 'lost', code, detail };
  }
}

function send(ws: WebSocket, message: PeerMessage): void {
  if (ws.readyState === ws.OPEN) ws.send(JSON.stringify(message));
}

/** undefined if it is not a message of this protocol. */
function readRelayMessage(data: Buffer): RelayMessage | undefined {
  if (data.length > LIMITS.RELAY_CONTROL_BYTES) return undefined;
  return relayMessage.safeParse(parseJson(data.toString())).data;
}

/** The refusal message may be lost if the relay closes immediately; the close code has the same meaning. */
function refusalByCloseCode(closeCode: number): RelayRefused | undefined {
  const code = (Object.keys(REFUSALS) as Refusal[]).find((each) => REFUSALS[each].close === closeCode);
  return code && new RelayRefused(code, '');
}
