import { once } from 'node:events';
import { type Socket, connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Grant } from '../../protocol/remote-session';
import { StreamRefused } from '../../tunnel/http2-tunnel.errors';
import { SPLICED_HIGH_WATER_MARK } from '../../tunnel/splice';
import type { Application, Target } from '../configuration/application';
import { tlsOptions } from '../configuration/weak-tls';
import { rfbViewOnly } from './rfb/rfb-view-only';

/** The target for sessions with this grant. */
export const targetOf = ({ target, viewTarget }: Application, grant: Grant): Target =>
  grant === 'view' ? (viewTarget ?? target) : target;

/** `clientTls`: the technician's client speaks TLS with the device itself, and sees its certificate. */
export const carrying = (target: Target, clientTls: boolean): Target =>
  clientTls ? { ...target, tls: false } : target;

/**
 * Opens a connection to an application with the given grant. The grant `view` is enforced by the application itself at
 * its `viewTarget`, or else by `rfbViewOnly`, which reports why it closed a connection to `onRefused`.
 * @throws StreamRefused 403 (the grant `view` cannot be enforced), 502, 504
 */
export async function openApplication(
  application: Application,
  grant: Grant,
  onRefused: (reason: string) => void,
  clientTls = false,
): Promise<Duplex> {
  const filtered = grant === 'view' && !application.viewTarget;
  if (filtered && application.protocol !== 'vnc')
    throw new StreamRefused(403, 'this application has no view-only access');
  const socket = await connectTarget(carrying(targetOf(application, grant), clientTls));
  return filtered ? rfbViewOnly(socket, onRefused) : socket;
}

/** Shorter than LIMITS.TUNNEL_OPEN_MS, so that the terminal receives the cause instead of a timeout. */
const CONNECT_MS = 10_000;

/** TLS sockets support them, too, although its types do not declare them. */
const EACH_WAY = { allowHalfOpen: true, highWaterMark: SPLICED_HIGH_WATER_MARK };

/**
 * Opens a connection to an application on the customer's network. Each direction ends separately: an application may
 * end its direction long before a slow terminal has received everything.
 * @throws StreamRefused 504 (no answer in time), 502 (refused, not found, or TLS failed)
 */
export async function connectTarget({ host, port, tls, weakTls }: Target, timeoutMs = CONNECT_MS): Promise<Socket> {
  const socket = tls
    ? connectTls({
        host,
        port,
        servername: isIP(host) ? '' : host,
        // Printers have self-signed certificates that cannot be verified. The agent's configuration identifies the
        // device by its address, and the connection stays on the customer's network.
        rejectUnauthorized: false,
        ...tlsOptions(weakTls),
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
