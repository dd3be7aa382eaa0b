import { createHmac, timingSafeEqual } from 'node:crypto';
import { NAME_PATTERN } from '../../protocol/names';

/** The secret a relay shows the control plane: derived for its ID, so that there is nothing to store per relay. */
export const relaySecret = (serverSecret: string, relayId: string): string =>
  createHmac('sha256', serverSecret).update(`relay:${relayId}`).digest('base64url');

/**
 * Who dials, by `Authorization: Bearer <relay ID>.<secret>`.
 * @returns the relay's ID, or undefined for anything else.
 */
export function authenticatedRelay(header: string | undefined, serverSecret: string): string | undefined {
  const [, relayId, shown] = /^Bearer ([^.]+)\.([\w-]{43})$/.exec(header ?? '') ?? [];
  if (!relayId || !shown || !NAME_PATTERN.test(relayId)) return undefined;
  const expected = Buffer.from(relaySecret(serverSecret, relayId));
  return timingSafeEqual(expected, Buffer.from(shown)) ? relayId : undefined;
}
