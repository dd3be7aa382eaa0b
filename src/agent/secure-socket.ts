import { once } from 'node:events';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { LIMITS } from '../protocol/limits';
import { connectPinned } from '../tunnel/pinned-tls';

/**
 * A TLS connection to the host of an https: address, for one request of HTTP/1.1. Its key has the pin; without one it is
 * verified the usual way, with `ca` (PEM) in place of the well-known trust anchors.
 * @throws CertificateMismatch, what TLS and TCP say
 */
export async function secureSocket(url: URL, pin?: string, ca?: string): Promise<TLSSocket> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const servername = isIP(host) ? undefined : host;
  const socket = connectPinned(
    { host, port: Number(url.port) || 443, servername, ca, ALPNProtocols: ['http/1.1'] },
    pin,
  );
  socket.on('error', () => undefined); // a refused key is an error after secureConnect
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(LIMITS.DIAL_TIMEOUT_MS) });
    if (socket.errored) throw socket.errored;
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
