import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import {
  CONTROL_PLANE_METHODS,
  RELAY_METHODS,
  type ControlPlaneMethods,
  type Params,
  type RelayMethods,
  type Result,
} from '../../protocol/relay-rpc';
import { RELAY_RPC_SUBPROTOCOL } from '../../protocol/version';
import { jittered } from '../../protocol/waits';
import { Backoff } from '../../tunnel/backoff';
import { RpcPeer, type RpcHandlers } from '../../tunnel/json-rpc';
import { RpcUnavailable } from '../../tunnel/json-rpc.errors';
import type { Trust } from '../../tunnel/pinned-tls';
import { openWebSocket } from '../../tunnel/relay-websocket';

export interface ControlPlaneAddress {
  readonly url: string;
  /** Read for each connection. */
  readonly trust: () => Trust;
  readonly relayId: string;
  readonly secret: string;
}

type Announcement = Params<ControlPlaneMethods, 'announce'>;

/** The RPC WebSocket to the server. It reconnects with back-off while the relay runs. */
export class ControlPlaneLink {
  #peer: RpcPeer<RelayMethods, ControlPlaneMethods> | undefined;
  readonly #waiting: (() => void)[] = [];
  readonly #stopped = new AbortController();
  /** `performance.now`, because the time of day may be set; undefined while connected. */
  #disconnectedSince: number | undefined = performance.now();

  constructor(
    private readonly address: ControlPlaneAddress,
    private announcement: Announcement,
    private readonly journal: Journal,
    // Shorter than for agents: relays are few, and sessions wait for them.
    private readonly backoff = new Backoff({ maxMs: LIMITS.RELAY_REDIAL_MS }),
  ) {}

  /** The control plane has accepted this relay. */
  get connected(): boolean {
    return this.#peer !== undefined;
  }

  /** Time since the connection was lost; 0 while connected. */
  get disconnectedMs(): number {
    return this.#disconnectedSince === undefined ? 0 : performance.now() - this.#disconnectedSince;
  }

  /** @throws RpcUnavailable, RpcTimeout, RpcRefused, RpcMalformedResult */
  async call<K extends keyof ControlPlaneMethods>(method: K, params: Params<ControlPlaneMethods, K>) {
    if (!this.#peer) throw new RpcUnavailable('the control plane is not connected');
    return (await this.#peer.call(method, params)) as Result<ControlPlaneMethods, K>;
  }

  /** Announces the changes immediately, or with the next connection. */
  async announce(changes: Partial<Announcement>): Promise<void> {
    this.announcement = { ...this.announcement, ...changes };
    const peer = this.#peer;
    // If the control plane does not accept it, the next connection announces it again.
    if (peer) await peer.call('announce', this.announcement).catch(() => peer.close());
  }

  /** Resolves as soon as it is connected, or when the relay stops. */
  whenConnected(): Promise<void> {
    if (this.connected || this.#stopped.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Resolves as soon as it is not connected. */
  async whenDisconnected(): Promise<void> {
    await this.#peer?.closed;
  }

  /** Connects and reconnects until `stop`. */
  async run(handlers: RpcHandlers<RelayMethods>): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const refused = await this.#serveOnce(handlers);
      if (signal.aborted) return;
      // Frequent retries do not make a wrong secret valid.
      const wait = refused ? jittered(LIMITS.RETRY_MAX_MS, { least: 0.5, most: 1 }) : this.backoff.next();
      await delay(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  stop(): void {
    this.#stopped.abort();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** One connection, from dialling to its end. @returns whether the server refused this relay's secret */
  async #serveOnce(handlers: RpcHandlers<RelayMethods>): Promise<boolean> {
    const { url, trust, relayId, secret } = this.address;
    const ws = openWebSocket(url, {
      subprotocol: RELAY_RPC_SUBPROTOCOL,
      maxPayload: LIMITS.RELAY_RPC_BYTES,
      handshakeMs: LIMITS.DIAL_TIMEOUT_MS,
      trust: trust(),
      bearer: `${relayId}.${secret}`,
    });
    const stop = () => (ws.readyState === ws.OPEN ? ws.close(1001) : ws.terminate());
    this.#stopped.signal.addEventListener('abort', stop);
    try {
      const status = await upgraded(ws);
      if (status === 401) {
        this.journal.warn(
          'the server refused the secret of this relay, or has removed it; check PLATEN_RELAY_ID and PLATEN_RELAY_SECRET_FILE',
        );
        return true;
      }
      if (status !== 101) throw new RpcUnavailable(`the server answered with HTTP ${status}`);
      await this.#serve(ws, handlers);
    } catch (error) {
      this.journal.warn('the control plane cannot be reached', { detail: (error as Error).message });
    } finally {
      this.#stopped.signal.removeEventListener('abort', stop);
      ws.terminate();
    }
    return false;
  }

  async #serve(ws: WebSocket, handlers: RpcHandlers<RelayMethods>): Promise<void> {
    const peer = new RpcPeer(ws, RELAY_METHODS, handlers, CONTROL_PLANE_METHODS, this.journal);
    let announced: Announcement;
    do {
      announced = this.announcement;
      await peer.call('announce', announced);
    } while (announced !== this.announcement);
    this.#peer = peer;
    this.#disconnectedSince = undefined;
    const connectedAt = performance.now();
    this.journal.info('connected to the control plane');
    for (const resolve of this.#waiting.splice(0)) resolve();
    await peer.closed;
    this.#peer = undefined;
    this.#disconnectedSince = performance.now();
    // A server of another version may accept and drop each connection; the delay must still grow.
    if (this.#disconnectedSince - connectedAt > LIMITS.RELAY_RPC_TIMEOUT_MS) this.backoff.reset();
    if (!this.#stopped.signal.aborted) this.journal.warn('the connection to the control plane was lost');
  }
}

/** HTTP status of the upgrade. @throws if there was no answer */
async function upgraded(ws: WebSocket): Promise<number> {
  const refused = new Promise<number>((resolve) =>
    ws.once('unexpected-response', (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }),
  );
  ws.on('error', () => undefined); // `once` rejects with it; later ones are followed by `close`
  return Promise.race([once(ws, 'open').then(() => 101), refused]);
}
