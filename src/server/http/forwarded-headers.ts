import type { IncomingMessage, Server } from 'node:http';
import type { Journal } from '../../journal/journal';
import { proxyMatcher } from '../../tunnel/reverse-proxies';
import type { Config } from '../config/config';
import type { Readiness } from './readiness';

/** A proxy forgets them with every request; the log is to stay readable. */
const LOG_MS = 60_000;
const REMEDY =
  'the reverse proxy does not pass on all headers, so addresses in throttles and logs are its own; compare its configuration with RUNNING, Reverse proxy';

/**
 * Notices a reverse proxy that forgets `Host` or `X-Forwarded-*`: in the log, and as `reverse-proxy` in `/readyz`. Requests
 * to the public name count as https, as PLATEN_PUBLIC_URL says, so that the cookie of a login stays Secure.
 * Call it last: it has to see requests before all other listeners.
 */
export function watchForwardedHeaders(
  server: Server,
  { publicUrl, proxies, sessionDomain }: Pick<Config['http'], 'publicUrl' | 'proxies' | 'sessionDomain'>,
  readiness: Readiness,
  journal: Journal,
): void {
  const url = publicUrl === undefined ? undefined : new URL(publicUrl);
  if (url?.protocol !== 'https:' || proxies.length === 0) return;
  const isProxy = proxyMatcher(proxies);
  const missing = new Set<string>();
  let loggedAt = -Infinity;
  const isPublic = (host: string): boolean =>
    host.toLowerCase() === url.host ||
    (sessionDomain !== undefined && host.split(':')[0]!.endsWith(`.${sessionDomain}`));

  const watch = ({ headers, socket }: IncomingMessage): void => {
    if (!isProxy(socket.remoteAddress ?? '')) return;
    const forgotten: string[] = [];
    const hasHost = isPublic(headers.host ?? '');
    // A program on this computer asks for its own address, and without the Origin of the console.
    if (!hasHost && headers.origin !== url.origin) return;
    if (!hasHost) forgotten.push('Host');
    if (headers['x-forwarded-for'] === undefined) forgotten.push('X-Forwarded-For');
    if (headers['x-forwarded-proto'] === undefined) {
      forgotten.push('X-Forwarded-Proto');
      // Not without Host: browsers send Origin with few requests, and the others would not find the cookie of the login.
      if (hasHost) headers['x-forwarded-proto'] = 'https';
    }
    if (forgotten.length === 0) return;
    if (missing.size === 0) readiness.add('reverse-proxy', () => Promise.resolve({ missing: [...missing].sort() }));
    for (const name of forgotten) missing.add(name);
    if (performance.now() - loggedAt < LOG_MS) return;
    loggedAt = performance.now();
    journal.warn(REMEDY, { missing: forgotten, address: socket.remoteAddress });
  };
  for (const event of ['request', 'checkContinue', 'upgrade']) server.prependListener(event, watch);
}
