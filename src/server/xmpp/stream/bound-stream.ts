import type { Element, JID } from 'node-xmpp-server';
import type { TokenBucket } from '../../../tunnel/token-bucket';
import type { StreamError } from '../stream-error';

/** The stream of one agent that has logged in, as its stanzas see it: of the embedded server, or of an XMPP engine. */
export interface BoundStream {
  readonly agentId: string;
  /** Of the agent, also behind a reverse proxy. */
  readonly address: string;
  readonly domain: string;
  readonly jid: JID | undefined;
  /** Of requests that any server answers. */
  readonly pings: TokenBucket;
  /** Number of requests of this agent that are being answered. */
  answering: number;
  /** Identifies the process of the agent; undefined if the agent identifies none. */
  run: string | undefined;
  /** Call it when a request of the agent was answered. */
  readonly complete: () => void;
  send(stanza: Element): void;
  /** Ends the stream with a stream error (RFC 6120 4.9); a second call does nothing. */
  refuse(error: StreamError): void;
  /** Closes without a stream error, for a peer that no longer answers. */
  destroy(): void;
}
