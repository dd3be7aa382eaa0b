import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BrowserSession } from '../browser-session';
import { entryCookieName } from './platen-cookies';
import { PATHS } from './platen-paths';
import { PAGES, sendPage } from './pages';

const FORM_BYTES = 1024;
const FORM_MS = 10_000;

/**
 * `POST /.platen/enter`: turns a ticket into the cookie that lets this browser in. The ticket comes in the body, so that
 * no address, history or log ever holds it.
 */
export async function enter(
  session: BrowserSession,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { frameAncestors } = session;
  if (request.method !== 'POST') return sendPage(response, PAGES.notEntered, frameAncestors);
  const ticket = new URLSearchParams(await formOf(request)).get('ticket') ?? '';
  if (!session.tickets.redeem(ticket)) return sendPage(response, PAGES.ticketRefused, frameAncestors);
  const to = (await session.view()) === 'pages' ? '/' : PATHS.vnc;
  response.writeHead(303, {
    Location: to,
    'Set-Cookie': cookieOf(session, request),
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'Content-Security-Policy': `default-src 'none'; ${frameAncestors}`,
    'Content-Length': 0,
  });
  response.end();
}

/**
 * In a frame of the console the cookie has to work in a page of another site: then only below that very site (CHIPS),
 * so that no other page can make use of it. Browsers take http on localhost for secure there.
 */
function cookieOf(session: BrowserSession, request: IncomingMessage): string {
  const secure = session.facts.origin.startsWith('https:');
  const framed = request.headers['sec-fetch-dest'] === 'iframe';
  const attributes = framed ? 'SameSite=None; Secure; Partitioned' : `SameSite=Lax${secure ? '; Secure' : ''}`;
  const entry = session.entries[framed ? 'frame' : 'tab'].issue();
  return `${entryCookieName(secure)}=${entry}; Path=/; HttpOnly; ${attributes}`;
}

/** '' where it is too long, or does not come in time. */
function formOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const finish = (form: string) => {
      clearTimeout(timer);
      request.off('data', take);
      resolve(form);
    };
    const timer = setTimeout(() => finish(''), FORM_MS);
    const take = (part: Buffer) => {
      text += part.toString('latin1');
      if (text.length > FORM_BYTES) finish('');
    };
    request.on('data', take);
    request.once('end', () => finish(text));
    request.once('error', () => finish(''));
  });
}
