import { JID, type Element } from 'node-xmpp-server';
import { TokenBucket } from '../../../tunnel/token-bucket';
import type { StreamError } from '../stream-error';
import type { BoundStream } from '../stream/bound-stream';
import type { XmppLimits } from '../xmpp-limits';
import type { EngineAddress, EngineLink } from './engine-link';
import { writeEnd } from './engine-messages';

/** The stream of one agent at an XMPP engine. */
export class EngineStream implements BoundStream {
  readonly jid: JID;
  readonly pings: TokenBucket;
  answering = 0;
  run: string | undefined;
  complete: () => void = () => undefined;
  /** The engine has reported that it is bound. */
  isBound = false;
  isGone = false;
  /** Why it ended before it was bound. */
  refusal: StreamError | undefined;
  private readonly unbound: NodeJS.Timeout;

  /** @param left called once, for any cause */
  constructor(
    readonly agentId: string,
    resource: string,
    readonly address: string,
    private readonly engine: EngineAddress,
    private readonly link: EngineLink,
    limits: XmppLimits,
    private readonly left: (stream: EngineStream) => void,
  ) {
    this.jid = new JID(agentId, engine.domain, resource);
    this.pings = new TokenBucket(limits.XMPP_PINGS_PER_MINUTE / 60, limits.XMPP_PINGS_PER_MINUTE);
    // no login takes longer, so its stream has ended at the engine
    const bindMs = limits.XMPP_LOGIN_WAIT_MS + limits.XMPP_IN_USE_MS + limits.XMPP_AUTH_MS;
    this.unbound = setTimeout(() => this.leave(), bindMs).unref();
  }

  get domain(): string {
    return this.engine.domain;
  }

  bind(): void {
    this.isBound = true;
    clearTimeout(this.unbound);
  }

  send(stanza: Element): void {
    if (this.isGone) return;
    Object.assign(stanza.attrs, { from: this.engine.component, to: String(this.jid) });
    this.link.send(stanza);
  }

  refuse(error: StreamError): void {
    this.refusal ??= error;
    this.end(error);
  }

  destroy(): void {
    this.end();
  }

  /** It has ended at the engine. */
  leave(): void {
    if (this.isGone) return;
    this.isGone = true;
    clearTimeout(this.unbound);
    this.complete();
    this.left(this);
  }

  private end(error?: StreamError): void {
    if (this.isGone) return;
    const message = writeEnd(this.jid, error);
    Object.assign(message.attrs, { from: this.engine.component, to: this.engine.domain });
    this.link.send(message);
    this.leave();
  }
}
