import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { StreamRefused } from '../../tunnel/http2-tunnel.errors';
import type { Target } from '../configuration/configuration';

/** Shorter than LIMITS.TUNNEL_OPEN_MS, so that the terminal learns the cause and not only that time is over. */
const CONNECT_MS = 10_000;

/** Of TLS, too, though its types do not say so. */
const EACH_WAY = { allowHalfOpen: true };

/**
 * A new connection to an application on the customer's network. Each direction ends on its own: an application that has
 * said all it has to say may close long before a slow terminal has taken it.
 * @throws StreamRefused 504 (no answer in time), 502 (refused, not found, or TLS failed)
 */
export async function connectTarget({ host, port, tls }: Target, timeoutMs = CONNECT_MS): Promise<Socket> {
  const socket = tls
    ? connectTls({
        host,
        port,
        servername: isIP(host) ? '' : host,
        // Printers carry certificates of their own making that nobody can verify; the address in the agent's
        // configuration is what says which device is meant, and the connection stays on the customer's network.
        rejectUnauthorized: false,
        ...EACH_WAY,
      })
    : connectTcp({ host, port, ...EACH_WAY });
  try {
    await once(socket, tls ? 'secureConnect' : 'connect', { signal: AbortSignal.timeout(timeoutMs) });
    socket.setNoDelay(true);
    return socket;
  } catch (error) {
    socket.on('error', () => undefined); // destroyed while it was connecting
    socket.destroy();
    const { name, code } = error as NodeJS.ErrnoException;
    if (name === 'AbortError') throw new StreamRefused(504, `the application did not answer in ${timeoutMs} ms`);
    throw new StreamRefused(502, `the application cannot be reached (${code ?? 'connection failed'})`);
  }
}
