import { randomUUID } from 'node:crypto';
import { Element } from 'node-xmpp-server';
import { createJournal, type Journal } from '../../../src/journal/journal';
import type { AgentAccounts, ScramAlgorithm, ScramKeys } from '../../../src/server/xmpp/login/agent-accounts';
import { EmbeddedTransport } from '../../../src/server/xmpp/embedded-transport';
import { scramKeys } from '../../../src/server/xmpp/login/scram';
import { readStanzaError } from '../../../src/server/xmpp/stanzas/stanza-errors';
import type { AgentStream } from '../../../src/server/xmpp/stream/agent-stream';
import type { XmppLimits } from '../../../src/server/xmpp/xmpp-limits';
import { makeCertificate, type TestCertificate } from '../test-certificate';
import { XmppWire } from './xmpp-wire';

export const DOMAIN = 'xmpp.test';
/** Tests log in and ping more often than agents do. */
const OFTEN = { XMPP_LOGINS_PER_ACCOUNT: 10_000, XMPP_PINGS_PER_MINUTE: 10_000 };

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

/** Also sends what no server sends. */
class RawTransport extends EmbeddedTransport {
  readonly #streams = new Map<string, AgentStream>();
  readonly #answers = new Map<string, (answer: Element) => void>();

  override bound(stream: AgentStream): void {
    this.#streams.set(stream.agentId, stream);
    super.bound(stream);
  }

  override received(stream: AgentStream, stanza: Element): void {
    const { id = '' } = stanza.attrs;
    this.#answers.get(id)?.(stanza);
    this.#answers.delete(id);
    super.received(stream, stanza);
  }

  send(agentId: string, stanza: Element): void {
    const stream = this.#streams.get(agentId);
    if (!stream) throw new Error(`${agentId} is not online`);
    stream.send(stanza);
  }

  answer(id: string): Promise<Element> {
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }
}

/** The real control channel on a free port; records the presence that it reports. */
export class ControlChannel {
  readonly presence: string[] = [];
  private readonly wires = new Set<XmppWire>();

  private constructor(
    readonly transport: RawTransport,
    readonly port: number,
    readonly certificate: TestCertificate,
  ) {
    transport.onPresence(({ agentId, online }) => this.presence.push(`${agentId}${online ? '+' : '-'}`));
  }

  static async start(
    limits: Partial<XmppLimits> = {},
    accounts: AgentAccounts = new TestAccounts(),
    journal: Journal = createJournal('test', 'silent'),
    proxies: readonly string[] = [],
  ): Promise<ControlChannel> {
    const certificate = await certificateOfThisRun();
    const transport = new RawTransport({
      domain: DOMAIN,
      host: '127.0.0.1',
      port: 0,
      key: certificate.key,
      certificate: certificate.cert,
      fakeSaltSecret: Buffer.alloc(32, 7),
      accounts,
      journal,
      proxies,
      limits: { XMPP_AUTH_DELAY_MS: 10, XMPP_CLOSE_MS: 200, ...OFTEN, ...limits },
    });
    const { port } = await transport.start();
    return new ControlChannel(transport, port, certificate);
  }

  /** Sends an agent an IQ that may hold anything. @returns the code of its refusal, or `accepted` */
  async sendIq(agentId: string, payload: Element, attributes: Record<string, string> = {}): Promise<string> {
    const id = randomUUID();
    const answer = this.transport.answer(id);
    const iq = new Element('iq', { id, type: 'set', ...attributes });
    iq.cnode(payload);
    this.transport.send(agentId, iq);
    const stanza = await answer;
    return stanza.attrs.type === 'result' ? 'accepted' : readStanzaError(stanza).code;
  }

  /** A raw client that has only finished its TLS handshake. @param first what it sends in front of it */
  async connect(first?: string): Promise<XmppWire> {
    const wire = await XmppWire.connect(this.port, DOMAIN, first);
    this.wires.add(wire);
    return wire;
  }

  async login(agentId: string, first?: string): Promise<XmppWire> {
    const wire = await this.connect(first);
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
