import type { Client, Element, Transport, TransportSocket } from '@xmpp/client';
import { isIP } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { LIMITS } from '../../protocol/limits';
import { connectPinned } from '../../tunnel/pinned-tls';

/** The TLS socket of a client, after it has been created. */
export interface PinnedTransport {
  socket: TLSSocket | undefined;
}

/**
 * Restricts the client to direct TLS, to a server with this pin, and to stanzas of limited size. The library's own
 * transports verify no pin, split characters at TLS record boundaries, and read without a limit.
 */
export function usePinnedTransport(client: Client, pin: string): PinnedTransport {
  const tls = client.transports.find((each) => acceptsDirectTls(each));
  if (!tls) throw new Error('@xmpp/client has no transport for direct TLS');
  const used: PinnedTransport = { socket: undefined };
  const Socket: new () => TransportSocket = tls.prototype.Socket;

  class PinnedSocket extends Socket {
    override connect(parameters: ConnectionOptions): void {
      const host = String(parameters.host);
      const socket = connectPinned({ ...parameters, servername: isIP(host) ? '' : host }, { pin });
      socket.setEncoding('utf8');
      socket.setNoDelay(true);
      boundStanzas(client, socket);
      used.socket = socket;
      this._attachSocket(socket);
    }
  }
  class PinnedTls extends (tls as new () => object) {}
  Object.assign(PinnedTls.prototype, { Socket: PinnedSocket });
  client.transports = [PinnedTls as Transport];
  return used;
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
