import { generateSecret, generateURI, verifySync } from 'otplib';

const PERIOD_SECONDS = 30;
const ISSUER = 'Platen';

const CODE = /^[0-9]{6}$/;

/** Recovery codes are longer. */
export const isTotpCode = (code: string): boolean => CODE.test(code);

export const newTotpSecret = (): string => generateSecret();

/** For the QR code that an authenticator app scans. @param server distinguishes accounts on several servers */
export const totpUri = (secret: string, username: string, server: string): string =>
  generateURI({ issuer: `${ISSUER} ${server}`, label: username, secret });

/**
 * The time step (RFC 6238 4.2) whose code this is: the current one, the one before or the one after, for clocks that differ
 * a little; undefined: the code is wrong.
 * @param now milliseconds since 1970
 */
export function stepOfCode(secret: string, code: string, now: number): number | undefined {
  if (!isTotpCode(code)) return undefined;
  const epoch = Math.floor(now / 1000);
  const result = verifySync({ secret, token: code, epoch, period: PERIOD_SECONDS, epochTolerance: PERIOD_SECONDS });
  return result.valid ? Math.floor(epoch / PERIOD_SECONDS) + result.delta : undefined;
}
