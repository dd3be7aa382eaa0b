import { redirect } from '../answer';
import { BadRequest, type Exchange, type Handler } from './exchange';

/** Lets only the administrator in; others log in first and come back to the page. */
export const administratorOnly =
  (handler: Handler): Handler =>
  (exchange) => {
    if (exchange.administrator) return handler(exchange);
    const page = exchange.request.method === 'POST' ? '/status' : exchange.url.pathname;
    return redirect(exchange, `/login?next=${encodeURIComponent(page)}`);
  };

/** Browsers say where a form or a WebSocket comes from: only pages of this device may send them. @throws BadRequest 403 */
export function refuseForeignOrigin({ headers }: Exchange['request']): void {
  const { origin, host } = headers;
  if (origin === undefined) return;
  if (!URL.canParse(origin) || new URL(origin).host !== host)
    throw new BadRequest('This request comes from a page of another site.', 403);
}
