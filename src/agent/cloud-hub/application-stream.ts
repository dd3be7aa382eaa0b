import type { Duplex } from 'node:stream';
import type { Grant } from '../../protocol/remote-session';
import { StreamRefused } from '../../tunnel/http2-tunnel.errors';
import { connectTarget } from './application-target';
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
