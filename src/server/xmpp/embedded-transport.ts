import type { Socket } from 'node:net';
import { AgentStream, createCore, type StreamOwner, type StreamSetting } from './stream/agent-stream';
import { LoginGate } from './login/login-gate';
import { LoginQueue } from './login/login-queue';
import { StreamError } from './stream-error';
import { StreamTransport, type StreamTransportOptions } from './stream-transport';
import { TlsListener } from './stream/tls-listener';
import { xmppLimits, type XmppLimits } from './xmpp-limits';

export interface EmbeddedTransportOptions extends StreamTransportOptions {
  readonly host: string;
  /** 0: any free port, which `start` returns. */
  readonly port: number;
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
  /** Reverse proxies in front of it, which send the PROXY protocol; as parsed by `proxySetting`. */
  readonly proxies?: readonly string[];
  readonly limits?: Partial<XmppLimits>;
}

/** The control channel with the XMPP server in this process. */
export class EmbeddedTransport extends StreamTransport implements StreamOwner {
  private readonly setting: StreamSetting;
  private readonly listener: TlsListener;
  private readonly logins: LoginQueue;
  /** All streams, bound or not. */
  private readonly streams = new Set<AgentStream>();
  private stopped: Promise<void> | undefined;

  constructor(options: EmbeddedTransportOptions) {
    const { journal, accounts } = options;
    const limits = xmppLimits(options.limits);
    super(accounts, journal, limits);
    const domain = options.domain.toLowerCase();
    const gate = new LoginGate(accounts, options.fakeSaltSecret);
    this.logins = new LoginQueue(limits);
    this.setting = {
      domain,
      core: createCore(domain),
      accounts,
      gate,
      queue: this.logins,
      limits,
      journal,
      owner: this,
    };
    this.listener = new TlsListener({ ...options, limits }, (socket, address) => {
      socket.setEncoding('utf8');
      socket.setNoDelay(true);
      this.streams.add(new AgentStream(socket, address, this.setting));
    });
  }

  /** Rejects if the port is not available. */
  async start(): Promise<{ port: number }> {
    const port = await this.listener.listen();
    this.sweep.start();
    this.journal.info('control channel listens', { port, domain: this.setting.domain });
    return { port };
  }

  override get isAdmitting(): boolean {
    return this.logins.isWaitedIn;
  }

  /** Takes over an agent's connection that another listener has accepted, before its TLS handshake. */
  accept(socket: Socket): void {
    this.listener.accept(socket);
  }

  /** Ends every stream with <system-shutdown/>. Reports no presence: the agents themselves have not gone offline. */
  stop(): Promise<void> {
    return (this.stopped ??= this.endAll());
  }

  private async endAll(): Promise<void> {
    this.stopping = true;
    this.sweep.stop();
    const closed = this.listener.close();
    for (const stream of [...this.streams]) stream.refuse(new StreamError('system-shutdown', 'the server is stopping'));
    await closed;
  }

  override gone(stream: AgentStream): void {
    this.streams.delete(stream);
    super.gone(stream);
  }

  protected override claimedBy(agentId: string): AgentStream[] {
    return [...this.streams].filter((stream) => stream.claims(agentId));
  }
}
