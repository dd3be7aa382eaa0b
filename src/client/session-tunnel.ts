import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { sessionConnection } from '../protocol/api';
import type { SentConnectionInfo } from '../protocol/control-channel';
import { LIMITS } from '../protocol/limits';
import type { SessionState } from '../protocol/remote-session';
import { jittered } from '../protocol/waits';
import type { Tunnel } from '../tunnel/http2-tunnel';
import { outboundProxy, type OutboundProxy } from '../tunnel/outbound-proxy';
import { LocalPort } from '../tunnel/local-port';
import type { Closed, RelayConnection } from '../tunnel/relay-connection';
import { joinRelay, tunnelOver } from '../tunnel/terminal-half';
import { answerOf, type Api } from './client';
import { ServerUnusable, SessionOver } from './client.errors';

/** Milliseconds. */
export const TUNNEL_WAITS = {
  POLL_MS: 1_000,
  /** How long polling continues while the server cannot be reached: it may be restarting. */
  OUTAGE_MS: 30_000,
  /** Longer than the server waits for an agent to be woken, for an answer at the device, and for the relay. */
  APPROVAL_MS: 10 * 60_000,
  RETRY_MAX_MS: 5_000,
  /** For the relay's report why it ended a half, after the tunnel has broken. */
  SETTLE_MS: 1_000,
  /** The same while the relay is being deployed. */
  HALT_SETTLE_MS: 2 * 60_000,
} as const;

/** The terminal's half of one session, with the tunnel to its application. */
export class SessionTunnel {
  /** How the half ended; never rejects. The session itself has the `ending` that `GET /api/sessions/{id}` returns. */
  readonly closed: Promise<Closed>;
  readonly #relay: RelayConnection;
  readonly #tunnel: Tunnel;
  readonly #ports: LocalPort[] = [];
  #isDraining = false;

  private constructor(relay: RelayConnection, tunnel: Tunnel) {
    this.#relay = relay;
    this.#tunnel = tunnel;
    this.closed = relay.closed.finally(() => Promise.all(this.#ports.map((port) => port.close())));
    relay.onDraining((seconds) => (this.#isDraining = seconds !== undefined));
    void tunnel.closed.then(() => this.#endWithoutTunnel());
  }

  /**
   * Waits until the session is approved, by somebody at the device or by an access condition set there, and opens its
   * tunnel. Needs the scope `sessions:write`. When it fails, it ends the session.
   * @throws SessionOver, ApiProblem, TokenRefused, ServerUnusable; RelayNotEncrypted, RelayRefused, RelayUnreachable,
   * DeviceNotConnected, StreamRefused; the reason of `signal`
   */
  static async open(
    api: Api,
    sessionId: string,
    { signal, outbound = outboundProxy(process.env) }: { signal?: AbortSignal; outbound?: OutboundProxy } = {},
  ): Promise<SessionTunnel> {
    let relay: RelayConnection | undefined;
    const onAbort = (): void => void relay?.terminate();
    signal?.addEventListener('abort', onAbort);
    try {
      const info = await awaitConnection(api, sessionId, signal);
      const withinMs = Math.min(info.validForSeconds * 1000, LIMITS.CONNECT_MS);
      relay = await joinRelay(info, { withinMs, retryMaxMs: TUNNEL_WAITS.RETRY_MAX_MS, signal, outbound });
      const tunnel = await tunnelOver(relay, info);
      signal?.throwIfAborted();
      return new SessionTunnel(relay, tunnel);
    } catch (error) {
      if (error instanceof SessionOver) throw error;
      await relay?.terminate();
      const answer = await connectionOf(api, sessionId).catch(() => undefined);
      if (answer?.status === 'over') throw overWith(answer);
      // so that a new session can be requested before the server's deadline
      const path = { id: sessionId };
      await api.POST('/api/sessions/{id}/termination', { params: { path } }).catch(() => undefined);
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** One more TCP connection to the application. @throws StreamRefused */
  connect(): Promise<Duplex> {
    return this.#tunnel.connect();
  }

  /**
   * Opens a port on 127.0.0.1 that leads to the application until the half ends. Every program on this computer can use it.
   * @param port 0: any free one @returns the port
   * @throws the error of `listen`
   */
  async listen(port = 0): Promise<number> {
    const local = await LocalPort.open(port);
    this.#ports.push(local);
    local.serve(this.#tunnel, { onFirst: () => undefined, onRefused: () => undefined });
    return local.port;
  }

  /** Without its tunnel, the half is of no use. The relay may have ended it already, and is about to report that. */
  async #endWithoutTunnel(): Promise<void> {
    const { SETTLE_MS, HALT_SETTLE_MS } = TUNNEL_WAITS;
    await Promise.race([this.closed, delay(this.#isDraining ? HALT_SETTLE_MS : SETTLE_MS, undefined, { ref: false })]);
    await this.terminate();
  }

  /** Ends the half, and with it the session. */
  async terminate(): Promise<Closed> {
    void this.#relay.terminate();
    return this.closed;
  }
}

async function awaitConnection(api: Api, id: string, signal?: AbortSignal): Promise<SentConnectionInfo> {
  const deadline = performance.now() + TUNNEL_WAITS.APPROVAL_MS;
  let answeredAt = performance.now();
  let state: SessionState | undefined;
  const seen = new Set<SessionState>();
  while (performance.now() < deadline) {
    try {
      const answer = await connectionOf(api, id, { known: state, signal });
      if (answer.status === 'ready') return answer.connection;
      if (answer.status === 'over') throw overWith(answer);
      answeredAt = performance.now();
      ({ state } = answer);
      const isNew = !seen.has(state);
      seen.add(state);
      if (isNew) continue; // the next poll is held until the state changes
    } catch (error) {
      const isOutage = error instanceof ServerUnusable && performance.now() - answeredAt < TUNNEL_WAITS.OUTAGE_MS;
      if (!isOutage) throw error;
    }
    await delay(jittered(TUNNEL_WAITS.POLL_MS, { least: 0.75, most: 1.25 }), undefined, { signal });
  }
  throw new ServerUnusable('it neither prepared nor ended the session in time');
}

async function connectionOf(api: Api, id: string, poll: { known?: SessionState; signal?: AbortSignal } = {}) {
  const { known, signal } = poll;
  const params = { path: { id }, query: { known } };
  const data = await answerOf(api.GET('/api/sessions/{id}/connection', { params, signal }));
  const checked = sessionConnection.safeParse(data);
  if (!checked.success) throw new ServerUnusable('its connection data do not match the protocol');
  return checked.data;
}

type Over = Extract<Awaited<ReturnType<typeof connectionOf>>, { status: 'over' }>;
const overWith = ({ ending, denial, detail }: Over): SessionOver => new SessionOver(ending, denial, detail);
