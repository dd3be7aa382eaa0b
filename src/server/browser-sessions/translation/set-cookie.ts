import { isOurs } from '../site/platen-cookies';

/** Browsers take http on localhost for secure here. */
const IN_FRAME = ' SameSite=None; Secure; Partitioned';

/**
 * A device's `Set-Cookie` for the origin of its session. Domain goes, because the device cannot name ours; over plain
 * http Secure goes, and SameSite=None with it, which browsers take only together. undefined: not for a device to set.
 * In a frame of the console a cookie works only without SameSite, and then only below that console (CHIPS).
 * @param secure whether the session's origin is https
 */
export function sessionCookie(
  header: string,
  { secure, framed }: { secure: boolean; framed: boolean },
): string | undefined {
  const [pair = '', ...attributes] = header.split(';');
  const name = pair.slice(0, Math.max(pair.indexOf('='), 0)).trim();
  if (isOurs(name)) return undefined;
  // Browsers refuse these prefixes without Secure; where they count http as secure (localhost) the cookie lives on.
  const insecure = !secure && !/^__(secure|host)-/i.test(name);
  const kept = attributes.filter((attribute) => {
    const [key = '', value = ''] = attribute.split('=').map((part) => part.trim().toLowerCase());
    if (key === 'domain') return false;
    if (framed) return !['secure', 'partitioned', 'samesite'].includes(key);
    return !insecure || !(key === 'secure' || key === 'partitioned' || (key === 'samesite' && value === 'none'));
  });
  return [pair, ...kept, ...(framed ? [IN_FRAME] : [])].join(';');
}
