import type { IncomingMessage } from 'node:http';
import { BadRequest } from './web.errors';

/** @throws BadRequest if the Host header (RFC 9110 7.2) is not a host and port */
export function hostOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const host = headers.host ?? '';
  if (!/^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/.test(host))
    throw new BadRequest('The Host header is not valid.');
  return host;
}

/** Browsers name the origin of a form or a WebSocket: only pages of this device may send them. @throws BadRequest 403 */
export function refuseForeignOrigin({ headers }: Pick<IncomingMessage, 'headers'>): void {
  const { origin, host } = headers;
  if (origin === undefined) return;
  if (!URL.canParse(origin) || new URL(origin).host !== host)
    throw new BadRequest('This request comes from a page of another site.', 403);
}
