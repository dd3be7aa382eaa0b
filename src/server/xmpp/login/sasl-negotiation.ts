import { Element } from 'node-xmpp-server';
import type { Journal } from '../../../journal/journal';
import type { ScramAlgorithm, ScramKeys } from './agent-accounts';
import type { LoginGate } from './login-gate';
import { NS_SASL } from '../namespaces';
import { readClientFirst, ScramExchange, type ClientFirst } from './scram';
import { StreamError } from '../stream-error';
import type { XmppLimits } from '../xmpp-limits';

/** SCRAM only: the password is never sent, and the server proves that it has its keys. */
export const MECHANISMS: Readonly<Record<string, ScramAlgorithm>> = {
  'SCRAM-SHA-256': 'sha256',
  'SCRAM-SHA-1': 'sha1',
};

/** RFC 6120 6.5. */
type SaslCondition =
  | 'aborted'
  | 'account-disabled'
  | 'incorrect-encoding'
  | 'invalid-authzid'
  | 'invalid-mechanism'
  | 'malformed-request'
  | 'not-authorized'
  | 'temporary-auth-failure';

/** The part of a stream that the negotiation uses. */
export interface SaslPeer {
  readonly address: string;
  readonly domain: string;
  send(element: Element): void;
  /** The peer has proved that it is this agent; the stream sends `success` unchanged. */
  loggedIn(agentId: string, success: Element): void;
  refuse(error: StreamError): void;
}

type State =
  | { readonly at: 'idle' }
  /** Waiting for the accounts, or for the delay after a failure: the peer may send nothing. */
  | { readonly at: 'busy' }
  | {
      readonly at: 'challenged';
      readonly agentId: string;
      readonly keys: ScramKeys;
      readonly exchange: ScramExchange;
    }
  | { readonly at: 'over' };

/** SASL of one stream (RFC 6120 6.4): idle -> busy -> challenged -> over, or back to idle after a failure. */
export class SaslNegotiation {
  /** The account that the peer claims; empty before it has claimed one. */
  claimed = '';
  private state: State = { at: 'idle' };
  private failures = 0;

  constructor(
    private readonly peer: SaslPeer,
    private readonly gate: LoginGate,
    private readonly limits: XmppLimits,
    private readonly journal: Journal,
  ) {}

  /** @throws StreamError for an element that is not permitted in this state */
  receive(element: Element): void {
    const { state } = this;
    if (state.at === 'idle' && element.is('auth')) return this.begin(element);
    if (state.at === 'challenged' && element.is('response')) return this.finish(element, state);
    if (state.at === 'challenged' && element.is('abort')) return this.fail('aborted');
    throw new StreamError('policy-violation', 'this SASL element is not permitted here');
  }

  /** The stream has closed. */
  abandon(): void {
    this.state = { at: 'over' };
  }

  private begin(auth: Element): void {
    const mechanism = auth.attrs.mechanism ?? '';
    const algorithm = Object.hasOwn(MECHANISMS, mechanism) ? MECHANISMS[mechanism] : undefined;
    if (!algorithm) return this.fail('invalid-mechanism');
    const message = decode(auth);
    if (message === undefined) return this.fail('incorrect-encoding');
    const first = readClientFirst(message);
    if (!first) return this.fail('malformed-request');
    if (first.authorizationId && first.authorizationId !== `${first.username}@${this.peer.domain}`)
      return this.fail('invalid-authzid');
    this.claimed = first.username;
    this.state = { at: 'busy' };
    void this.challenge(first, algorithm);
  }

  private async challenge(first: ClientFirst, algorithm: ScramAlgorithm): Promise<void> {
    const { username } = first;
    try {
      const keys = await this.gate.keysOf(username, algorithm);
      if (this.state.at === 'over') return;
      const exchange = new ScramExchange(algorithm, keys, first);
      this.state = { at: 'challenged', agentId: username, keys, exchange };
      this.peer.send(new Element('challenge', { xmlns: NS_SASL }).t(encode(exchange.serverFirst)));
    } catch (error) {
      this.journal.unexpected(error, 'looking up an agent account');
      this.fail('temporary-auth-failure');
    }
  }

  private finish(response: Element, { agentId, keys, exchange }: State & { at: 'challenged' }): void {
    const message = decode(response);
    const serverFinal = message === undefined ? undefined : exchange.verify(message);
    if (serverFinal === undefined) {
      this.logRefusal('wrong name or password', agentId);
      return this.fail('not-authorized');
    }
    if (keys.removed) {
      this.logRefusal('the account was removed', agentId);
      return this.fail('account-disabled');
    }
    this.state = { at: 'over' };
    this.peer.loggedIn(agentId, new Element('success', { xmlns: NS_SASL }).t(encode(serverFinal)));
  }

  /** The name is unverified input: it is truncated before it is logged. */
  private logRefusal(why: string, name: string): void {
    this.journal.warn(`agent login refused: ${why}`, { agentId: name.slice(0, 64), address: this.peer.address });
  }

  /** Every failure is delayed by the same time, which reveals nothing and slows down guessing. */
  private fail(condition: SaslCondition): void {
    if (this.state.at === 'over') return;
    this.state = { at: 'busy' };
    this.failures += 1;
    setTimeout(() => {
      if (this.state.at === 'over') return;
      this.state = { at: 'idle' };
      this.peer.send(new Element('failure', { xmlns: NS_SASL }).c(condition).up());
      if (this.failures >= this.limits.XMPP_AUTH_TRIES_PER_STREAM)
        this.peer.refuse(new StreamError('policy-violation', 'too many attempts'));
    }, this.limits.XMPP_AUTH_DELAY_MS).unref();
  }
}

const encode = (text: string): string => Buffer.from(text).toString('base64');

/** Undefined if it is not base64 (RFC 4648 4). `=` means an empty response (RFC 6120 6.4.2). */
function decode(element: Element): string | undefined {
  const text = element.getText();
  if (text === '=') return '';
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64').toString('utf8');
}
