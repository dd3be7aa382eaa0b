import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GATEWAY_OPTIONS } from '@nestjs/websockets/internal';
import type { WebSocket, WebSocketServer } from 'ws';
import { createJournal } from '../../../src/journal/journal';
import { GatewayAdapter, type GatewayOptions } from '../../../src/server/http/gateway.adapter';
import { KnownRelays } from '../../../src/server/relays/known-relays';
import { PlacedSessions } from '../../../src/server/relays/placed-sessions';
import { RelayDirectory } from '../../../src/server/relays/relay-directory';
import { RelayGateway } from '../../../src/server/relays/relay.gateway';
import { RelayLoads } from '../../../src/server/relays/relay-loads';
import type { RelayPaths } from '../../../src/server/relays/relay-paths';
import { RelayGuard } from '../../../src/server/relays/relay.guard';
import { relaySecret } from '../../../src/server/relays/relay-secret';
import type { RelaysRepository } from '../../../src/server/relays/relays.repository';
import { RelayTrial } from '../../../src/server/relays/relay-trial';
import { TrialLinks } from '../../../src/server/relays/trial-links';
import { SessionEvents } from '../../../src/server/sessions/session-events';
import type { SessionsRepository } from '../../../src/server/sessions/sessions.repository';
import type { SessionHalves } from '../../../src/server/sessions/session-halves';
import { ScriptedRelay, type ScriptedRelayOptions } from './scripted-relay';

const SECRET = randomBytes(32).toString('base64url');

/** Where relays come in, for itself: the server without sessions, users or database. */
export class RelayLinkServer {
  readonly directory: RelayDirectory;
  readonly placed: PlacedSessions;
  readonly trial: RelayTrial;
  /** What reached the sessions: method and relay. */
  readonly sessions: string[] = [];
  private readonly server: Server = createServer();
  private readonly adapter: GatewayAdapter;
  private readonly sockets: WebSocketServer;

  static async open(): Promise<RelayLinkServer> {
    const link = new RelayLinkServer();
    link.server.listen(0, '127.0.0.1');
    await once(link.server, 'listening');
    return link;
  }

  private constructor() {
    const journal = createJournal('server', 'silent');
    const links = new TrialLinks();
    const none = () => Promise.resolve();
    const nothingStored = { insert: none, change: none } as unknown as RelaysRepository;
    const known = new KnownRelays(nothingStored, journal);
    this.placed = new PlacedSessions({} as SessionsRepository, new SessionEvents(journal));
    this.directory = new RelayDirectory(links, known, this.placed, new RelayLoads());
    this.trial = new RelayTrial(links, journal);
    const sessions = {
      authenticate: (relayId: string) => {
        this.sessions.push(`authenticate ${relayId}`);
        return Promise.resolve({ outcome: 'refused', code: 'unknown-session' });
      },
      keep: (relayId: string) => Promise.resolve(this.sessions.push(`keep ${relayId}`) === 0),
      requestTermination: (relayId: string) => Promise.resolve(this.sessions.push(`request-termination ${relayId}`)),
    };
    const guard = new RelayGuard({ localRelaySecret: SECRET }, known);
    const paths = { trustIn: () => ({}) } as unknown as RelayPaths;
    const gateway = new RelayGateway(
      guard,
      this.directory,
      sessions as unknown as SessionHalves,
      links,
      paths,
      journal,
    );
    this.adapter = new GatewayAdapter(this.server, () => guard, journal);
    const options = Reflect.getMetadata(GATEWAY_OPTIONS, RelayGateway) as GatewayOptions;
    this.sockets = this.adapter.create(0, options);
    this.sockets.on('connection', (ws: WebSocket, request: IncomingMessage) => gateway.handleConnection(ws, request));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
  secretOf(relayId: string): string {
    return relaySecret(SECRET, relayId);
  }

  relay(id = 'local', options: ScriptedRelayOptions = {}): Promise<ScriptedRelay> {
    return ScriptedRelay.connect(this.url, this.secretOf(id), { id, ...options });
  }

  async close(): Promise<void> {
    await this.adapter.close(this.sockets);
    await this.adapter.dispose();
    await once(this.server.close(), 'close');
  }
}
