import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { createJournal } from '../../../src/journal/journal';
import type { ConnectionInfo } from '../../../src/protocol/control-channel';
import { toInstant } from '../../../src/protocol/names';
import {
  CONTROL_PLANE_METHODS,
  RELAY_METHODS,
  relayStanding,
  type ByteCounts,
  type ControlPlaneMethods,
  type HalfLog,
  type Params,
  type RelayLoad,
  type RelayMethods,
  type RelayStanding,
  type Result,
} from '../../../src/protocol/relay-rpc';
import type { Half } from '../../../src/protocol/remote-session';
import { RELAY_RPC_SUBPROTOCOL } from '../../../src/protocol/version';
import { RpcPeer, type RpcHandlers } from '../../../src/tunnel/json-rpc';
import { until } from '../until';

/** On a busy machine too: a session that expires in the middle of a test ends its connections. */
const LONGER_THAN_A_TEST_MS = 10 * 60_000;

/** What one remote session needs at both ends. */
export interface PreparedSession {
  readonly linkId: string;
  readonly remoteSessionId: string;
  readonly device: ConnectionInfo;
  readonly terminal: ConnectionInfo;
}
interface Token {
  readonly remoteSessionId: string;
  readonly half: Half;
  readonly validUntil: string;
  used: boolean;
}

/** The server's end of the relay RPC, over real WebSockets; records what the relay calls and can misbehave on order. */
export class FakeControlPlane {
  static readonly SECRET = randomBytes(32).toString('base64url');
  static async start(port = 0): Promise<FakeControlPlane> {
    const fake = new FakeControlPlane(createServer());
    fake.server.listen(port, '127.0.0.1');
    await once(fake.server, 'listening');
    return fake;
  }

  /** `method half kind` of each call, in order. */
  readonly calls: string[] = [];
  /** Every log reported, also repeatedly. */
  readonly reported: HalfLog[] = [];
  readonly announcements: Params<ControlPlaneMethods, 'announce'>[] = [];
  /** Awaited before each answer; a test may make it wait or throw. */
  before: (method: keyof ControlPlaneMethods) => Promise<void> = () => Promise.resolve();
  /** Whether the server knows the relay's secret. */
  acceptsSecret = true;
  upgrades = 0;
  readonly #peers: Partial<Record<RelayStanding, RpcPeer<ControlPlaneMethods, RelayMethods>>> = {};
  /** The last byte counts of each link that were reported on the way. */
  readonly counts = new Map<string, ByteCounts>();
  /** The load reports, in order. */
  readonly loads: RelayLoad[] = [];
  readonly #tokens = new Map<string, Token>();
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has(RELAY_RPC_SUBPROTOCOL) ? RELAY_RPC_SUBPROTOCOL : false),
  });

  private constructor(readonly server: Server) {
    server.on('upgrade', (request, socket, head) => {
      this.upgrades++;
      const known = this.acceptsSecret && request.headers.authorization === `Bearer local.${FakeControlPlane.SECRET}`;
      if (request.url !== '/internal/relay' || !known)
        return void socket.end(`HTTP/1.1 ${known ? 404 : 401} Refused\r\nContent-Length: 0\r\n\r\n`);
      this.#webSockets.handleUpgrade(request, socket, head, (ws) => this.#accept(ws));
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Asks the relay that serves, or the candidate beside it. */
  async ask<K extends keyof RelayMethods>(
    method: K,
    params: Params<RelayMethods, K>,
    standing: RelayStanding = 'serving',
  ): Promise<Result<RelayMethods, K>> {
    const peer = await until(`a ${standing} relay to be connected`, () => this.#peers[standing]);
    return await peer.call(method, params);
  }

  /** What the relay of this instance has announced itself as, in order. */
  announced(instance: string): RelayStanding[] {
    return this.announcements.filter((each) => each.instance === instance).map(({ standing }) => standing);
  }
  /** Waits until it has announced that it serves; from then on it is asked, and not the one before it. */
  async servedBy(instance: string): Promise<void> {
    await until('it to have announced that it serves', () => this.announced(instance).includes('serving'));
  }

  /** S145-S149: a link with tokens for both halves. */
  async prepare({
    connectMs = LONGER_THAN_A_TEST_MS,
    validMs = LONGER_THAN_A_TEST_MS,
    trial,
    standing,
    deviceId,
  }: {
    connectMs?: number;
    validMs?: number;
    trial?: 'local' | 'public';
    standing?: RelayStanding;
    deviceId?: string;
  } = {}): Promise<PreparedSession> {
    const remoteSessionId = randomUUID();
    const connectBefore = toInstant(Date.now() + connectMs);
    const request = { remoteSessionId, deviceId, connectBefore, trial };
    const { linkId, ...sides } = await this.ask('connection-info', request, standing);
    const validUntil = toInstant(Date.now() + validMs);
    const info = (half: Half): ConnectionInfo => {
      const token = randomBytes(32).toString('base64url');
      this.#tokens.set(token, { remoteSessionId, half, validUntil, used: false });
      return { remoteSessionId, applicationId: 'web', ...sides[half], token, validUntil };
    };
    return { linkId, remoteSessionId, device: info('device'), terminal: info('terminal') };
  }

  /** End logs of one half, without repetitions of the same log. */
  ends(linkId: string, half: Half): HalfLog[] {
    const logs = this.reported.filter((log) => log.linkId === linkId && log.half === half && log.event.kind === 'end');
    return [...new Map(logs.map((log) => [log.id, log])).values()];
  }

  /** `half reason` of each end log, without repetitions. */
  endReasons(linkId: string): string[] {
    return (['device', 'terminal'] as const).flatMap((half) =>
      this.ends(linkId, half).map(({ event }) => `${half} ${event.kind === 'end' ? event.reason : ''}`),
    );
  }

  /** The same, once both halves have ended: a relay that is stopped, or in a hurry, does not wait for the server. */
  async bothEnds(linkId: string): Promise<string[]> {
    return until('the end logs of both halves', () => {
      const reasons = this.endReasons(linkId);
      return reasons.length >= 2 && reasons;
    });
  }

  /** The server is gone: link cut, port closed. */
  async away(): Promise<void> {
    for (const ws of this.#webSockets.clients) ws.terminate();
    for (const standing of relayStanding.options) delete this.#peers[standing];
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** The server is there again, on the same port. */
  async back(port: number): Promise<void> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async stop(): Promise<void> {
    if (this.server.listening) await this.away();
  }

  #accept(ws: WebSocket): void {
    const handlers: RpcHandlers<ControlPlaneMethods> = {
      announce: async (params) => {
        await this.#take('announce', '');
        this.announcements.push(params);
        forget();
        this.#peers[params.standing] = peer;
        return {};
      },
      authenticate: async ({ half, token }) => {
        await this.#take('authenticate', half);
        return this.#authenticate(half, token);
      },
      'report-log': async (log) => {
        this.reported.push(log);
        await this.#take('report-log', `${log.half} ${log.event.kind}`);
        return { known: true };
      },
      'request-termination': async ({ half }) => {
        await this.#take('request-termination', half);
        return {};
      },
      'report-bytes': ({ counts }) => {
        for (const count of counts) this.counts.set(count.linkId, count);
        return {};
      },
      'report-load': (load) => {
        this.loads.push(load);
        return {};
      },
    };
    const peer = new RpcPeer(
      ws,
      CONTROL_PLANE_METHODS,
      handlers,
      RELAY_METHODS,
      createJournal('fake-control-plane', 'silent'),
    );
    const forget = () => {
      for (const standing of relayStanding.options) if (this.#peers[standing] === peer) delete this.#peers[standing];
    };
    void peer.closed.then(forget);
  }

  async #take(method: keyof ControlPlaneMethods, what: string): Promise<void> {
    this.calls.push(`${method} ${what}`.trim());
    await this.before(method);
  }

  #authenticate(half: Half, text: string): Result<ControlPlaneMethods, 'authenticate'> {
    const token = this.#tokens.get(text);
    if (!token) return { outcome: 'refused', code: 'token-refused' };
    if (token.half !== half) return { outcome: 'refused', code: 'wrong-side' };
    if (token.used) return { outcome: 'refused', code: 'token-used' };
    if (Date.parse(token.validUntil) <= Date.now()) return { outcome: 'refused', code: 'token-expired' };
    token.used = true;
    return { outcome: 'permitted', remoteSessionId: token.remoteSessionId, validUntil: token.validUntil };
  }
}
