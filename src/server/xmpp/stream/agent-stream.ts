import { randomUUID } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { auth, C2S, Element, JID } from 'node-xmpp-server';
import type { Journal } from '../../../journal/journal';
import { TokenBucket } from '../../../tunnel/token-bucket';
import { GuardedConnection } from './guarded-connection';
import type { AgentAccounts } from '../login/agent-accounts';
import type { LoginGate } from '../login/login-gate';
import type { Admitted, LoginQueue } from '../login/login-queue';
import { NS_CLIENT, NS_SASL, NS_STREAM } from '../namespaces';
import { MECHANISMS, SaslNegotiation, type SaslPeer } from '../login/sasl-negotiation';
import { StreamError } from '../stream-error';
import type { XmppLimits } from '../xmpp-limits';

/** Owner of a stream, which is notified of its events. */
export interface StreamOwner {
  /**
   * Whether an agent that has logged in may bind.
   * @param resource that it requests
   * @returns a condition of RFC 6120 7.6.2 or 7.7.2 if it may not
   */
  admit(stream: AgentStream, resource: string): Promise<'conflict' | 'not-allowed' | undefined>;
  /** The agent has logged in and has a full JID; stanzas follow. */
  bound(stream: AgentStream): void;
  received(stream: AgentStream, stanza: Element): void;
  /** Called once, for any cause, also if the stream was never bound. */
  gone(stream: AgentStream): void;
}

/** Shared by all streams of one server. */
export interface StreamSetting {
  readonly domain: string;
  readonly core: C2S._Server;
  readonly accounts: AgentAccounts;
  readonly gate: LoginGate;
  readonly queue: LoginQueue;
  readonly limits: XmppLimits;
  readonly journal: Journal;
  readonly owner: StreamOwner;
}

/** The library's server object; used only for the domain and for the SASL mechanisms to announce. */
export function createCore(domain: string): C2S._Server {
  const core = new C2S._Server({ domain });
  core.clearSaslMechanism();
  for (const name of Object.keys(MECHANISMS)) {
    class Announced extends auth.Mechanism {}
    Object.assign(Announced.prototype, { name });
    core.registerSaslMechanism(Announced);
  }
  return core;
}

const STREAM_NAMESPACES = { xmlns: NS_CLIENT, 'xmlns:stream': NS_STREAM } as const;

/** One client-to-server stream: header, SASL, resource binding, then stanzas. Anything out of order ends it. */
export class AgentStream extends C2S._Session implements SaslPeer {
  /** Empty until the agent has logged in. */
  agentId = '';
  /** Of requests that any server answers. */
  readonly pings: TokenBucket;
  /** Number of requests of this agent that are being answered. */
  answering = 0;
  /** Identifies the process of the agent; undefined if the agent identifies none. */
  run: string | undefined;
  private admitted: Admitted | undefined;
  private isBinding = false;
  private isBound = false;
  private isGone = false;
  private readonly guarded: GuardedConnection;
  private readonly sasl: SaslNegotiation;
  private deadline: NodeJS.Timeout | undefined;

  constructor(
    socket: TLSSocket,
    /** Of the agent, also behind a reverse proxy. */
    readonly address: string,
    private readonly setting: StreamSetting,
  ) {
    const connection = new GuardedConnection(address, setting.limits, setting.journal);
    super({ connection, socket, server: setting.core });
    this.generateId = undefined;
    this.guarded = connection;
    const { XMPP_PINGS_PER_MINUTE } = setting.limits;
    this.pings = new TokenBucket(XMPP_PINGS_PER_MINUTE / 60, XMPP_PINGS_PER_MINUTE);
    this.sasl = new SaslNegotiation(this, setting.gate, setting.limits, setting.journal);
    const late = () => this.refuse(new StreamError('connection-timeout', 'the login took too long'));
    this.deadline = setTimeout(late, setting.limits.XMPP_AUTH_MS).unref();
    this.on('bind', (wanted: string | null, answer: BindAnswer) => void this.bind(wanted ?? '', answer));
    this.on('stanza', (stanza: Element) => this.deliver(stanza));
  }

  /** The library's version listens to more, and emits all of it again. */
  protected override _addConnectionListeners(): void {
    const { connection } = this;
    connection.on('streamStart', ({ to }: { to?: string }) => this.opened(to));
    connection.on('stanza', (stanza: Element) => this.onStanza(stanza));
    connection.on('disconnect', () => this.leave());
    // without a listener the library's `error` would end the process
    connection.on('error', ({ message }: Error) =>
      this.setting.journal.debug('XMPP stream refused', { detail: message }),
    );
  }

  private opened(to: string | undefined): void {
    if (!to) return this.refuse(new StreamError('host-unknown', 'the stream header has no "to"'));
    this.serverdomain = to;
    this.startStream();
  }

  get domain(): string {
    return this.setting.domain;
  }

  /** Also true while the login is in progress. */
  claims(agentId: string): boolean {
    return this.sasl.claimed === agentId;
  }

  refuse(error: StreamError): void {
    this.guarded.refuse(error);
  }

  complete(): void {
    this.admitted?.();
    this.admitted = undefined;
  }

  /** Closes without a stream error, for a peer that no longer answers. */
  destroy(): void {
    this.guarded.destroy();
  }

  loggedIn(agentId: string, success: Element): void {
    this.agentId = agentId;
    this.jid = new JID(agentId, this.domain);
    this.authenticated = true;
    this.send(success);
    this.guarded.startParser();
  }

  /** The peer's stream header has arrived; called again after SASL. */
  override startStream(): void {
    this.connection.streamAttrs.from = this.domain;
    // the library generates IDs with Math.random; RFC 6120 4.7.3 requires unpredictable ones
    this.connection.streamAttrs.id = randomName();
    const declared = this.connection.streamNsAttrs ?? {};
    if (declared.xmlns !== NS_CLIENT || declared['xmlns:stream'] !== NS_STREAM)
      throw new StreamError('invalid-namespace', 'this is a stream of jabber:client');
    if (String(this.serverdomain).toLowerCase() !== this.domain)
      throw new StreamError('host-unknown', 'this server does not serve that domain');
    // texts that are cut out of what was received would keep all of it
    this.connection.streamNsAttrs = STREAM_NAMESPACES;
    this.serverdomain = this.domain;
    // header and features in one write
    this.guarded.together(() => super.startStream());
  }

  override onStanza(stanza: Element): void {
    if (stanza.getNS() === NS_SASL) return this.sasl.receive(stanza);
    if (!this.authenticated) throw new StreamError('not-authorized', 'log in first');
    stanza.attrs.from = String(this.jid);
    this.onAuthStanza(stanza);
  }

  /** The server chooses the resource (RFC 6120 7.6), so that an agent cannot take another stream's address. */
  private async bind(wanted: string, answer: BindAnswer): Promise<void> {
    if (this.isBinding) return answer({ type: 'cancel', condition: 'not-allowed' });
    this.isBinding = true;
    try {
      const admitted = await this.setting.queue.enter(this.agentId);
      if (typeof admitted === 'number')
        return this.refuse(new StreamError('resource-constraint', 'too many logins', admitted));
      this.admitted = admitted;
      if (this.isGone || this.guarded.isDead) return this.complete();
      this.deadline?.refresh();
      const condition = await this.setting.owner.admit(this, wanted);
      if (condition) return answer({ type: 'cancel', condition });
    } catch (error) {
      this.setting.journal.unexpected(error, 'admitting an agent');
      return this.refuse(new StreamError('internal-server-error', 'the login could not be completed'));
    }
    if (this.isGone || this.guarded.isDead) return;
    this.isBound = true;
    this.endDeadline();
    this.guarded.trusted = true;
    answer(null, randomName());
    if (!this.guarded.isDead) this.setting.owner.bound(this);
  }

  private deliver(stanza: Element): void {
    if (!this.isBound) throw new StreamError('not-authorized', 'bind a resource first');
    this.setting.owner.received(this, stanza);
  }

  private endDeadline(): void {
    clearTimeout(this.deadline);
    this.deadline = undefined;
  }

  private leave(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.endDeadline();
    this.sasl.abandon();
    this.complete();
    this.setting.owner.gone(this);
  }
}

/** `randomUUID` puts its text together from pieces, which need 600 bytes for as long as the stream lasts; `join` makes one piece. */
const randomName = (): string => randomUUID().split('-').join('-');

type BindAnswer = (error: { type: string; condition: string } | null, resource?: string) => void;
