import { createJournal, type Journal } from '../../../src/journal/journal';
import type { AgentAccounts, ScramAlgorithm, ScramKeys } from '../../../src/server/xmpp/login/agent-accounts';
import { EmbeddedTransport } from '../../../src/server/xmpp/embedded-transport';
import { scramKeys } from '../../../src/server/xmpp/login/scram';
import type { XmppLimits } from '../../../src/server/xmpp/xmpp-limits';
import { makeCertificate, type TestCertificate } from '../test-certificate';
import { XmppWire } from './xmpp-wire';

export const DOMAIN = 'xmpp.test';
export const PASSWORD = 'correct horse battery staple';

/** Admits every installation. */
export const EVERY_INSTALLATION: Pick<AgentAccounts, 'admit' | 'refused'> = {
  admit: () => Promise.resolve('admitted'),
  refused: () => undefined,
};

/** Accounts that all have the same password. Names that start with `unknown` have none. */
class TestAccounts implements AgentAccounts {
  readonly admit = EVERY_INSTALLATION.admit;
  readonly refused = EVERY_INSTALLATION.refused;
  private readonly keys = new Map<ScramAlgorithm, Promise<ScramKeys>>();

  scramKeys(agentId: string, algorithm: ScramAlgorithm): Promise<ScramKeys | undefined> {
    if (agentId.startsWith('unknown')) return Promise.resolve(undefined);
    const keys = this.keys.get(algorithm) ?? scramKeys(PASSWORD, algorithm);
    this.keys.set(algorithm, keys);
    return keys;
  }
}

/** The real control channel on a free port; records the presence that it reports. */
export class ControlChannel {
  readonly presence: string[] = [];
  private readonly wires = new Set<XmppWire>();

  private constructor(
    readonly transport: EmbeddedTransport,
    readonly port: number,
    readonly certificate: TestCertificate,
  ) {
    transport.onPresence(({ agentId, online }) => this.presence.push(`${agentId}${online ? '+' : '-'}`));
  }

  static async start(
    limits: Partial<XmppLimits> = {},
    accounts: AgentAccounts = new TestAccounts(),
    journal: Journal = createJournal('test', 'silent'),
  ): Promise<ControlChannel> {
    const certificate = await certificateOfThisRun();
    const transport = new EmbeddedTransport({
      domain: DOMAIN,
      host: '127.0.0.1',
      port: 0,
      key: certificate.key,
      certificate: certificate.cert,
      fakeSaltSecret: Buffer.alloc(32, 7),
      accounts,
      journal,
      limits: { XMPP_AUTH_DELAY_MS: 10, XMPP_CLOSE_MS: 200, ...limits },
    });
    const { port } = await transport.start();
    return new ControlChannel(transport, port, certificate);
  }

  /** A raw client that has only finished its TLS handshake. */
  async connect(): Promise<XmppWire> {
    const wire = await XmppWire.connect(this.port, DOMAIN);
    this.wires.add(wire);
    return wire;
  }

  async login(agentId: string): Promise<XmppWire> {
    const wire = await this.connect();
    await wire.login(agentId, PASSWORD);
    return wire;
  }

  async stop(): Promise<void> {
    for (const wire of this.wires) wire.destroy();
    await this.transport.stop();
  }
}

let certificate: Promise<TestCertificate> | undefined;
const certificateOfThisRun = (): Promise<TestCertificate> => (certificate ??= makeCertificate());
