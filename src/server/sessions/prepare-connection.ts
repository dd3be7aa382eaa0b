import { randomBytes } from 'node:crypto';
import type { ConnectionInfo } from '../../protocol/control-channel';
import { toInstant } from '../../protocol/names';
import { secretHash } from '../../tunnel/sha256';
import type { PreparedLink } from './relay.port';
import type { SessionEntity } from './session.entity';

/**
 * S148: a token of 32 random bytes for each half, bound to the half by its hash, and the valid duration, which starts
 * now. None of this exists before the person at the device has approved (E20).
 */
export function prepareConnection(
  session: SessionEntity,
  link: PreparedLink,
): { values: Partial<SessionEntity>; deviceConnection: ConnectionInfo } {
  const validUntil = new Date(Date.now() + session.minutes * 60_000);
  const infoFor = (side: { sessionId: string; url: string }): ConnectionInfo => ({
    remoteSessionId: session.id,
    applicationId: session.applicationId,
    ...side,
    token: randomBytes(32).toString('base64url'),
    validUntil: toInstant(validUntil),
    pin: link.pin,
    authority: link.authority,
  });
  const deviceConnection = infoFor(link.device);
  const terminalConnection = infoFor(link.terminal);
  return {
    deviceConnection,
    values: {
      validUntil,
      relayId: link.relayId,
      linkId: link.linkId,
      relayChoice: link.choice,
      deviceTokenHash: secretHash(deviceConnection.token),
      terminalTokenHash: secretHash(terminalConnection.token),
      terminalConnection,
    },
  };
}
