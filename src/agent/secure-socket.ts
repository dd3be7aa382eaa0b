import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { LIMITS } from '../protocol/limits';
import { dialThrough, proxyTo, type OutboundProxy } from '../tunnel/outbound-proxy';
import { CertificateMismatch, connectTls, endpointOf, type Trust } from '../tunnel/pinned-tls';

/**
 * A TLS connection to the host of an https: address, for one HTTP/1.1 request.
 * @throws CertificateMismatch, ProxyRefused, errors of TLS and TCP
 */
export async function secureSocket(url: URL, trust: Trust, outbound: OutboundProxy): Promise<TLSSocket> {
  const { interceptor } = outbound;
  const { host, port } = endpointOf(url);
  const proxy = proxyTo(outbound, host, port);
  const through = proxy && (await dialThrough(proxy, host, port));
  const socket = connectTls(url, trust, { interceptor, socket: through, ALPNProtocols: ['http/1.1'] });
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
 * A connection to this agent's server. Tries its pinned key first; a trusted certificate is accepted, too, because a
 * reverse proxy may be in front of the server. @throws as secureSocket
 */
export async function serverSocket(
  url: URL,
  { authority, ...pins }: Trust,
  outbound: OutboundProxy,
): Promise<TLSSocket> {
  try {
    return await secureSocket(url, pins, outbound);
  } catch (error) {
    if (!(error instanceof CertificateMismatch)) throw error;
    return secureSocket(url, { authority }, outbound).catch((untrusted: Error) => {
      throw error.interceptor === undefined ? untrusted : error;
    });
  }
}
