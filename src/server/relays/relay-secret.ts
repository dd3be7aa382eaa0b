import { createHmac, timingSafeEqual } from 'node:crypto';
import { NAME_PATTERN } from '../../protocol/names';

/** The secret with which a relay authenticates. Derived from its ID, so no secret is stored per relay. */
export const relaySecret = (serverSecret: string, relayId: string): string =>
  createHmac('sha256', serverSecret).update(`relay:${relayId}`).digest('base64url');

/**
 * Authenticates a relay by `Authorization: Bearer <relay ID>.<secret>`.
 * @returns the relay's ID; undefined if the header is missing, malformed or wrong
 */
export function authenticatedRelay(header: string | undefined, serverSecret: string): string | undefined {
  const [, relayId, shown] = /^Bearer ([^.]+)\.([\w-]{43})$/.exec(header ?? '') ?? [];
  if (!relayId || !shown || !NAME_PATTERN.test(relayId)) return undefined;
  const expected = Buffer.from(relaySecret(serverSecret, relayId));
  return timingSafeEqual(expected, Buffer.from(shown)) ? relayId : undefined;
}
