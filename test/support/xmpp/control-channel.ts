import { randomUUID } from 'node:crypto';
import { Element } from 'node-xmpp-server';
import { createJournal, type Journal } from '../../../src/journal/journal';
import type { AgentAccounts, ScramAlgorithm, ScramKeys } from '../../../src/server/xmpp/login/agent-accounts';
import { ComponentTransport } from '../../../src/server/xmpp/component/component-transport';
import { EmbeddedTransport } from '../../../src/server/xmpp/embedded-transport';
import { scramKeys } from '../../../src/server/xmpp/login/scram';
import { readStanzaError } from '../../../src/server/xmpp/stanzas/stanza-errors';
import type { StreamTransport } from '../../../src/server/xmpp/stream-transport';
import type { BoundStream } from '../../../src/server/xmpp/stream/bound-stream';
import type { XmppLimits } from '../../../src/server/xmpp/xmpp-limits';
import { makeCertificate, type TestCertificate } from '../test-certificate';
import { until } from '../until';
import type { XmppEngine } from './engines/engine';
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

/** The real control channel on a free port, or at an XMPP engine; records the presence that it reports. */
export class ControlChannel {
  readonly presence: string[] = [];
  private readonly wires = new Set<XmppWire>();
  private readonly streams = new Map<string, BoundStream>();
  private readonly answers = new Map<string, (answer: Element) => void>();

  private constructor(
    readonly transport: StreamTransport,
    readonly port: number,
    readonly certificate: TestCertificate,
    private readonly isEngine: boolean,
  ) {
    transport.onPresence(({ agentId, online }) => this.presence.push(`${agentId}${online ? '+' : '-'}`));
    const bound = transport.bound.bind(transport);
    const received = transport.received.bind(transport);
    transport.bound = (stream) => {
      this.streams.set(stream.agentId, stream);
      bound(stream);
    };
    transport.received = (stream, stanza) => {
      const { id = '' } = stanza.attrs;
      this.answers.get(id)?.(stanza);
      this.answers.delete(id);
      received(stream, stanza);
    };
  }

  /** The control channel with the agents' streams at this engine. */
  static async at(
    engine: XmppEngine,
    limits: Partial<XmppLimits> = {},
    accounts: AgentAccounts = new TestAccounts(),
    journal: Journal = createJournal('test', 'silent'),
  ): Promise<ControlChannel> {
    const transport = new ComponentTransport({
      domain: DOMAIN,
      engine: engine.component,
      fakeSaltSecret: Buffer.alloc(32, 7),
      accounts,
      journal,
      limits: { XMPP_CLOSE_MS: 200, ...OFTEN, ...limits },
      firstRetryMs: 20,
    });
    const channel = new ControlChannel(transport, engine.port, engine.prepared.certificate, true);
    await transport.start();
    await until('the engine to be connected', () => transport.problem === undefined);
    return channel;
  }

  static async start(
    limits: Partial<XmppLimits> = {},
    accounts: AgentAccounts = new TestAccounts(),
    journal: Journal = createJournal('test', 'silent'),
    proxies: readonly string[] = [],
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
      proxies,
      limits: { XMPP_AUTH_DELAY_MS: 10, XMPP_CLOSE_MS: 200, ...OFTEN, ...limits },
    });
    const { port } = await transport.start();
    return new ControlChannel(transport, port, certificate, false);
  }

  /** Sends an agent an IQ that may hold anything. @returns the code of its refusal, or `accepted` */
  async sendIq(agentId: string, payload: Element, attributes: Record<string, string> = {}): Promise<string> {
    const id = randomUUID();
    const answer = new Promise<Element>((resolve) => this.answers.set(id, resolve));
    const iq = new Element('iq', { id, type: 'set', ...attributes });
    iq.cnode(payload);
    this.send(agentId, iq);
    const stanza = await answer;
    return stanza.attrs.type === 'result' ? 'accepted' : readStanzaError(stanza).code;
  }

  /** Sends what no server sends. */
  send(agentId: string, stanza: Element): void {
    const stream = this.streams.get(agentId);
    if (!stream) throw new Error(`${agentId} is not online`);
    stream.send(stanza);
  }

  /** A raw client that has only finished its TLS handshake. @param first what it sends in front of it */
  async connect(first?: string): Promise<XmppWire> {
    const wire = await XmppWire.connect(this.port, DOMAIN, first, this.isEngine);
    this.wires.add(wire);
    return wire;
  }

  async login(agentId: string, first?: string): Promise<XmppWire> {
    const wire = await this.connect(first);
    await wire.login(agentId, PASSWORD);
    // the engine reports a stream to this server before it forwards its stanzas
    if (this.isEngine) await wire.ping();
    return wire;
  }

  async stop(): Promise<void> {
    for (const wire of this.wires) wire.destroy();
    await this.transport.stop();
  }
}

let certificate: Promise<TestCertificate> | undefined;
const certificateOfThisRun = (): Promise<TestCertificate> => (certificate ??= makeCertificate());
