import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createJournal } from '../../src/journal/journal';
import { UpgradeRouter } from '../../src/server/http/upgrade-router';
import { RelayDirectory } from '../../src/server/relays/relay-directory';
import { RelayGateway } from '../../src/server/relays/relay-gateway';
import { relaySecret } from '../../src/server/relays/relay-secret';
import { RelayTrial } from '../../src/server/relays/relay-trial';
import { TrialLinks } from '../../src/server/relays/trial-links';
import type { SessionHalves } from '../../src/server/sessions/session-halves';
import { PlayedRelay, type PlayedRelayOptions } from './played-relay';

const SECRET = randomBytes(32).toString('base64url');

/** Where relays come in, for itself: the server without sessions, users or database. */
export class RelayDoor {
  readonly directory: RelayDirectory;
  readonly trial: RelayTrial;
  /** What reached the sessions: method and relay. */
  readonly sessions: string[] = [];
  private readonly gateway: RelayGateway;
  private readonly server: Server = createServer();

  static async open(): Promise<RelayDoor> {
    const door = new RelayDoor();
    door.server.listen(0, '127.0.0.1');
    await once(door.server, 'listening');
    return door;
  }

  private constructor() {
    const journal = createJournal('server', 'silent');
    const links = new TrialLinks();
    this.directory = new RelayDirectory(links);
    this.trial = new RelayTrial(links, journal);
    const upgrades = new UpgradeRouter();
    const none = {
      authenticate: (relayId: string) => {
        this.sessions.push(`authenticate ${relayId}`);
        return Promise.resolve({ outcome: 'refused', code: 'unknown-session' });
      },
      keep: (relayId: string) => Promise.resolve(this.sessions.push(`keep ${relayId}`) === 0),
      requestTermination: (relayId: string) => Promise.resolve(this.sessions.push(`request-termination ${relayId}`)),
    };
    const secrets = { localRelaySecret: SECRET } as ConstructorParameters<typeof RelayGateway>[5];
    this.gateway = new RelayGateway(
      upgrades,
      this.directory,
      none as unknown as SessionHalves,
      links,
      journal,
      secrets,
    );
    this.gateway.onModuleInit();
    upgrades.attach(this.server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
  secretOf(relayId: string): string {
    return relaySecret(SECRET, relayId);
  }

  relay(id = 'local', options: PlayedRelayOptions = {}): Promise<PlayedRelay> {
    return PlayedRelay.connect(this.url, this.secretOf(id), { id, ...options });
  }

  async close(): Promise<void> {
    this.gateway.onApplicationShutdown();
    await once(this.server.close(), 'close');
  }
}
