import { sendPage } from '../answer';
import type { Exchange } from '../web/exchange';
import { html } from '../web/html';
import { layout, note } from '../web/layout';

const TITLES: Record<number, string> = {
  400: 'Not understood',
  403: 'Not permitted',
  404: 'Not found',
  405: 'Not possible here',
  413: 'Too large',
  415: 'Not understood',
  416: 'No such range',
  500: 'Device error',
};

export function errorPage(exchange: Exchange, status: number, message: string): Promise<void> {
  const body = html`${note('bad', message)}
    <p><a href="/status">To the status page</a></p>`;
  return sendPage(exchange, layout(exchange, { title: TITLES[status] ?? 'Error', body }), status);
}
