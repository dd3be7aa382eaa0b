import type { Client, Element, Transport, TransportSocket } from '@xmpp/client';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { LIMITS } from '../../protocol/limits';
import { presentedPin, type Trust } from '../../tunnel/pinned-tls';
import { tlsDialler, type OutboundProxy } from '../../tunnel/outbound-proxy';

/** XEP-0368: lets one port serve XMPP and HTTPS. */
const ALPN = 'xmpp-client';

/** The connection of a client. */
export interface PinnedTransport {
  /** Why it failed, if it did. */
  readonly errored: Error | null | undefined;
  /** Of the key that the server has presented. */
  readonly pin: string | undefined;
  /** Of this computer; undefined before it is connected. */
  readonly localAddress: string | undefined;
  readonly remoteAddress: string | undefined;
  /** Cuts it, also while it is being made. */
  destroy(): void;
}

/**
 * Restricts the client to direct TLS, to a server with this pin, and to stanzas of limited size. The library's own
 * transports verify no pin, split characters at TLS record boundaries, read without a limit, and know no proxy.
 */
export function usePinnedTransport(
  client: Client,
  trust: Pick<Trust, 'pin' | 'nextPin'>,
  outbound: OutboundProxy,
): PinnedTransport {
  const tls = client.transports.find((each) => acceptsDirectTls(each));
  if (!tls) throw new Error('@xmpp/client has no transport for direct TLS');
  let used: TLSSocket | undefined;
  let failure: Error | undefined;
  /** A socket that is closed has none. */
  let addresses: { local?: string; remote?: string } | undefined;
  let isOver = false;
  const Socket: new () => TransportSocket = tls.prototype.Socket;

  class PinnedSocket extends Socket {
    override connect({ host, port }: ConnectionOptions): void {
      const name = String(host);
      const url = new URL(`https://${name.includes(':') ? `[${name}]` : name}:${port}`);
      const dial = tlsDialler(url, trust, outbound, [ALPN]);
      const dialled = dial({}, (error, socket) => {
        if (!error) return this.#use(socket);
        failure = error;
        this.emit('error', error);
        this.emit('close');
      });
      if (dialled) this.#use(dialled);
    }

    #use(socket: TLSSocket): void {
      if (isOver) return void socket.destroy();
      socket.setEncoding('utf8');
      socket.setNoDelay(true);
      boundStanzas(client, socket);
      used = socket;
      socket.once('secureConnect', () => {
        addresses = { local: socket.localAddress, remote: socket.remoteAddress };
      });
      this._attachSocket(socket);
    }
  }
  class PinnedTls extends (tls as new () => object) {}
  Object.assign(PinnedTls.prototype, { Socket: PinnedSocket });
  client.transports = [PinnedTls as Transport];
  return {
    get errored() {
      return failure ?? used?.errored;
    },
    get pin() {
      return used && presentedPin(used);
    },
    get localAddress() {
      return addresses?.local;
    },
    get remoteAddress() {
      return addresses?.remote;
    },
    destroy: () => {
      isOver = true;
      used?.destroy();
    },
  };
}

/** Ends the connection when an incomplete stanza exceeds the limit. */
function boundStanzas(client: Client, socket: TLSSocket): void {
  let unfinished = 0;
  const complete = (_element: Element) => (unfinished = 0);
  client.on('element', complete);
  socket.once('close', () => client.off('element', complete));
  socket.on('data', (text: string) => {
    unfinished += Buffer.byteLength(text);
    if (unfinished > LIMITS.XMPP_STANZA_BYTES) socket.destroy(new Error('the server sent a stanza that is too large'));
  });
}

function acceptsDirectTls(transport: Transport): boolean {
  try {
    return transport.prototype.socketParameters('xmpps://localhost') !== undefined;
  } catch {
    return false;
  }
}
