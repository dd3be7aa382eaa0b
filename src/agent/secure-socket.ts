import { once } from 'node:events';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { LIMITS } from '../protocol/limits';
import { CertificateMismatch, connectPinned, type Trust } from '../tunnel/pinned-tls';

/**
 * A TLS connection to the host of an https: address, for one HTTP/1.1 request.
 * @throws CertificateMismatch, errors of TLS and TCP
 */
export async function secureSocket(url: URL, trust?: Trust): Promise<TLSSocket> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const servername = isIP(host) ? undefined : host;
  const socket = connectPinned({ host, port: Number(url.port) || 443, servername, ALPNProtocols: ['http/1.1'] }, trust);
  socket.on('error', () => undefined); // a wrong key is reported after secureConnect
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(LIMITS.DIAL_TIMEOUT_MS) });
    if (socket.errored) throw socket.errored;
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/**
 * A connection to this agent's server. Tries its pinned key first; a trusted certificate is accepted, too, because a proxy
 * may be in front of the server. @throws as secureSocket
 */
export async function serverSocket(url: URL, { pin, authority }: Trust): Promise<TLSSocket> {
  try {
    return await secureSocket(url, { pin });
  } catch (error) {
    if (!(error instanceof CertificateMismatch)) throw error;
    return secureSocket(url, { authority });
  }
}
