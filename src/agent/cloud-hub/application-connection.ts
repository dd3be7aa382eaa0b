import { once } from 'node:events';
import { type Socket, connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Grant } from '../../protocol/remote-session';
import { StreamRefused } from '../../tunnel/http2-tunnel.errors';
import type { Application, Target } from '../configuration/configuration';
import { rfbViewOnly } from './rfb/rfb-view-only';

/** Where a session with this grant goes. */
export const targetOf = ({ target, viewTarget }: Application, grant: Grant): Target =>
  grant === 'view' ? (viewTarget ?? target) : target;

/**
 * A new connection to an application, within what was granted at the device. Only looking is ensured by the application
 * itself at its `viewTarget`, or else here. `onRefused` tells why a connection that only looks was closed.
 * @throws StreamRefused 403 (only looking was granted and cannot be ensured), 502, 504
 */
export async function openApplication(
  application: Application,
  grant: Grant,
  onRefused: (reason: string) => void,
): Promise<Duplex> {
  const filtered = grant === 'view' && !application.viewTarget;
  if (filtered && application.protocol !== 'vnc')
    throw new StreamRefused(403, 'this application cannot be looked at only');
  const socket = await connectTarget(targetOf(application, grant));
  return filtered ? rfbViewOnly(socket, onRefused) : socket;
}

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
        // Printers carry self-signed certificates that cannot be verified; the address in the agent's
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
