import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import WebSocket from 'ws';
import { createJournal } from '../../../src/journal/journal';
import { toInstant } from '../../../src/protocol/names';
import {
  CONTROL_PLANE_METHODS,
  RELAY_METHODS,
  type ByteCounts,
  type ControlPlaneMethods,
  type HalfLog,
  type Params,
  type RelayLoad,
  type RelayMethods,
  type RelayStanding,
  type Result,
} from '../../../src/protocol/relay-rpc';
import type { EndReason, Half, HalfState } from '../../../src/protocol/remote-session';
import { PROTOCOL_VERSION, RELAY_RPC_SUBPROTOCOL } from '../../../src/protocol/version';
import { RpcPeer, type RpcHandlers } from '../../../src/tunnel/json-rpc';
import { secretHash } from '../../../src/tunnel/sha256';

export interface ScriptedLink {
  readonly linkId: string;
  readonly remoteSessionId: string;
  deviceId?: string | undefined;
  readonly sessionIds: Record<Half, string>;
  device: HalfState;
  terminal: HalfState;
  bytesFromDevice: number;
  bytesFromTerminal: number;
  /** Of the tokens that the halves have presented. */
  readonly tokenHashes: Record<Half, string | null>;
}

export interface ScriptedRelayOptions {
  id?: string;
  protocol?: number;
  version?: string;
  standing?: RelayStanding;
  instance?: string;
  pairs?: number;
  region?: string | undefined;
  /** The relay of which this is the same run, connected again with all it carries. */
  earlier?: ScriptedRelay;
}

/** A relay's end of the RPC link, over a real WebSocket: on its own it only makes links and records. */
export class ScriptedRelay {
  readonly links = new Map<string, ScriptedLink>();
  /** Until when the halves of each session may connect, in milliseconds since 1970. */
  readonly connectBefore = new Map<string, number>();
  /** `method` or `end-session half ending`, in order. */
  readonly asked: string[] = [];
  unacknowledgedLogs = 0;
  /** The deployments whose device list it was asked for. */
  readonly listsMade: string[] = [];
  silentPairs: number[] = [];
  /** The latest `drain`. */
  drained: Params<RelayMethods, 'drain'> | undefined;
  /** Awaited before the answer to each request of the server; may throw. */
  before: (method: keyof RelayMethods) => Promise<void> = () => Promise.resolve();
  /** Called for `end-session`: what the relay does about it. */
  onEndSession: (linkId: string, half: Half) => void = () => undefined;

  private constructor(
    readonly id: string,
    readonly instance: string,
    private readonly about: { version: string; pairs: number; region: string | undefined },
    readonly ws: WebSocket,
    private readonly peer: RpcPeer<RelayMethods, ControlPlaneMethods>,
  ) {}

  static async connect(
    serverUrl: string,
    secret: string,
    {
      id = 'local',
      protocol = PROTOCOL_VERSION,
      version = '0',
      standing = 'serving',
      earlier,
      instance = earlier?.instance ?? randomUUID(),
      pairs = 1,
      region,
    }: ScriptedRelayOptions = {},
  ): Promise<ScriptedRelay> {
    const headers = { authorization: `Bearer ${id}.${secret}` };
    const address = `${serverUrl.replace('http', 'ws')}/internal/relay`;
    const ws = new WebSocket(address, RELAY_RPC_SUBPROTOCOL, { headers });
    await once(ws, 'open');
    const handlers: RpcHandlers<RelayMethods> = {
      'connection-info': (params) => relay.connectionInfo(params),
      'list-sessions': async ({ deploymentId }) => {
        if (deploymentId) relay.listsMade.push(deploymentId);
        return { sessions: await relay.list(), silentPairs: relay.silentPairs };
      },
      'end-session': async ({ linkId, half, ending }) => {
        await relay.take('end-session', `${half} ${ending}`);
        const known = (relay.links.get(linkId)?.[half] ?? 'ended') !== 'ended';
        relay.onEndSession(linkId, half);
        return { known };
      },
      drain: async (params) => {
        await relay.take('drain');
        relay.drained = params;
        return {};
      },
      health: async () => {
        await relay.take('health');
        const { unacknowledgedLogs } = relay;
        const links = relay.links.size;
        return { version: '0', pairs: 1, links, unacknowledgedLogs, uptimeSeconds: 1, residentBytes: 1 };
      },
    };
    const peer = new RpcPeer(ws, RELAY_METHODS, handlers, CONTROL_PLANE_METHODS, createJournal('relay', 'silent'));
    const relay = new ScriptedRelay(id, instance, { version, pairs, region }, ws, peer);
    for (const [linkId, link] of earlier?.links ?? []) relay.links.set(linkId, link);
    await relay.announce(standing, protocol).catch((error: unknown) => {
      ws.terminate();
      throw error;
    });
    return relay;
  }

  /** Once more on the same link, as a candidate does that begins to serve. */
  async announce(standing: RelayStanding, protocol = PROTOCOL_VERSION): Promise<void> {
    await this.peer.call('announce', { ...this.about, protocol, instance: this.instance, standing });
  }

  get closed(): Promise<void> {
    return this.peer.closed;
  }

  linkOf(remoteSessionId: string): ScriptedLink {
    const link = [...this.links.values()].find((each) => each.remoteSessionId === remoteSessionId);
    if (!link) throw new Error(`the relay was not asked for session ${remoteSessionId}`);
    return link;
  }

  /** As a relay keeps it, the hash of the token is in the logs of the half from then on. */
  async authenticate(linkId: string, half: Half, token: string): Promise<Result<ControlPlaneMethods, 'authenticate'>> {
    const answer = await this.peer.call('authenticate', { linkId, half, token });
    const link = this.links.get(linkId);
    if (answer.outcome === 'permitted' && link) link.tokenHashes[half] = secretHash(token);
    return answer;
  }
  requestTermination(linkId: string, half: Half): Promise<unknown> {
    return this.peer.call('request-termination', { linkId, half });
  }
  reportBytes(counts: ByteCounts[]): Promise<unknown> {
    return this.peer.call('report-bytes', { counts });
  }
  /** As a relay that carries nothing, with what is changed. */
  reportLoad(change: Partial<RelayLoad> = {}): Promise<unknown> {
    const idle = { sessions: 0, limit: 3_000, pairs: 1, bytesPerSecond: 0, cpuShare: 0, residentBytes: 1 };
    return this.peer.call('report-load', { ...idle, ...change });
  }
  report(log: HalfLog): Promise<{ known: boolean }> {
    return this.peer.call('report-log', log);
  }

  /** Reports that a half has been established. */
  start(link: ScriptedLink, half: Half): Promise<{ known: boolean }> {
    if (link[half] === 'waiting') link[half] = 'connected';
    return this.report(startLog(link, half));
  }
  /** Reports that a half has ended. */
  end(link: ScriptedLink, half: Half, reason: EndReason): Promise<{ known: boolean }> {
    link[half] = 'ended';
    return this.report(endLog(link, half, reason));
  }

  get isConnected(): boolean {
    return this.ws.readyState === this.ws.OPEN;
  }
  /** The link to the server breaks. */
  async leave(): Promise<void> {
    this.ws.terminate();
    await this.peer.closed;
  }

  private async connectionInfo({ remoteSessionId, deviceId, connectBefore }: Params<RelayMethods, 'connection-info'>) {
    await this.take('connection-info');
    this.connectBefore.set(remoteSessionId, Date.parse(connectBefore));
    const linkId = randomUUID();
    const sessionIds = { device: secret(), terminal: secret() };
    const halves = { device: 'waiting', terminal: 'waiting' } as const;
    const bytes = { bytesFromDevice: 0, bytesFromTerminal: 0 };
    const tokenHashes = { device: null, terminal: null };
    this.links.set(linkId, { linkId, remoteSessionId, deviceId, sessionIds, tokenHashes, ...halves, ...bytes });
    return {
      linkId,
      device: { sessionId: sessionIds.device, url: 'ws://127.0.0.1:1/cloud-hub' },
      terminal: { sessionId: sessionIds.terminal, url: 'ws://127.0.0.1:1/web-agent' },
    };
  }

  private async list() {
    await this.take('list-sessions');
    const lastActiveAt = toInstant(Date.now());
    return [...this.links.values()]
      .filter((link) => link.device !== 'ended' || link.terminal !== 'ended')
      .map(({ sessionIds: _secret, tokenHashes: _hashes, ...link }) => ({ ...link, lastActiveAt }));
  }

  private async take(method: keyof RelayMethods, what = ''): Promise<void> {
    this.asked.push(`${method} ${what}`.trim());
    await this.before(method);
  }
}

const secret = (): string => randomBytes(32).toString('base64url');

type LinkOfLog = Pick<ScriptedLink, 'linkId' | 'tokenHashes'>;
const log = ({ linkId, tokenHashes }: LinkOfLog, half: Half, event: HalfLog['event']): HalfLog => ({
  id: randomUUID(),
  linkId,
  half,
  at: toInstant(Date.now()),
  event,
  tokenHash: tokenHashes[half],
});
export const startLog = (link: LinkOfLog, half: Half): HalfLog =>
  log(link, half, { kind: 'start', peerAddress: '192.0.2.7' });
export const endLog = (link: LinkOfLog, half: Half, reason: EndReason): HalfLog =>
  log(link, half, { kind: 'end', reason, bytesReceived: half === 'device' ? 5_000 : 70, bytesSent: 0 });
