import type { IncomingMessage, ServerResponse } from 'node:http';
import { LIMITS } from '../../../protocol/limits';
import type { BrowserSession } from '../browser-session';
import { entryCookieName } from '../translation/cookies';
import { crossingScript } from './crossing-worker';
import { PATHS } from './platen-files';
import { PAGES, sendPage, type Script } from '../pages';

const FORM_BYTES = 1024;
const FORM_MS = 10_000;

/**
 * `POST /.platen/enter`: exchanges an entry ticket for the cookie that admits this browser. The ticket is in the body,
 * to keep it out of URLs, histories and logs.
 * @param consoleOrigins the pages that may submit it; programs state no origin
 */
export async function enter(
  session: BrowserSession,
  request: IncomingMessage,
  response: ServerResponse,
  consoleOrigins: readonly (string | undefined)[],
): Promise<void> {
  const { frameAncestors } = session;
  if (request.method !== 'POST') return sendPage(response, PAGES.notEntered, frameAncestors);
  const { origin } = request.headers;
  if (origin !== undefined && !consoleOrigins.includes(origin))
    return sendPage(response, PAGES.foreignEntry, frameAncestors);
  const ticket = new URLSearchParams(await formOf(request)).get('ticket') ?? '';
  if (!session.tickets.redeem(ticket)) return sendPage(response, PAGES.ticketRefused, frameAncestors);
  const to = (await session.view()) === 'pages' ? '/' : PATHS.vnc;
  const framed = request.headers['sec-fetch-dest'] === 'iframe';
  const cookie = { 'Set-Cookie': cookieOf(session, framed) };
  const [, ...others] = session.sites;
  if (others.length > 0) {
    const script = { ...crossing(session, others, framed, '/'), without: '/' };
    return sendPage(response, PAGES.entered, session.frameAncestors, cookie, script);
  }
  // not a redirect: the requests that follow one count as made by the console
  sendPage(response, PAGES.entered, session.frameAncestors, { Refresh: `0; url=${to}`, ...cookie });
}

/** Enters the other sites, too, then shows a page. @param to its address */
export function crossing(session: BrowserSession, others: readonly string[], framed: boolean, to: string): Script {
  const place = framed ? 'frame' : 'tab';
  const ticket = () => session.crossings.issue(LIMITS.BROWSER_TICKET_MS);
  return crossingScript(new Map(others.map((site) => [site, `ticket=${ticket()}&place=${place}`])), to);
}

/** `POST /.platen/enter` at another site of the session: exchanges a crossing for its cookie, for the first site's page only. */
export async function cross(
  session: BrowserSession,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { frameAncestors, facts } = session;
  if (request.method !== 'POST') return sendPage(response, PAGES.notEntered, frameAncestors);
  if (request.headers.origin !== facts.origin) return sendPage(response, PAGES.foreignEntry, frameAncestors);
  const form = new URLSearchParams(await formOf(request));
  if (!session.crossings.redeem(form.get('ticket') ?? ''))
    return sendPage(response, PAGES.ticketRefused, frameAncestors);
  const cookie = cookieOf(session, form.get('place') === 'frame');
  response.writeHead(204, { 'Set-Cookie': cookie, 'Cache-Control': 'no-store' }).end();
}

/**
 * A frame of the console belongs to another site, so its cookie is partitioned (CHIPS) and works below the console
 * only. Browsers treat http on localhost as secure there.
 */
function cookieOf(session: BrowserSession, framed: boolean): string {
  const secure = session.facts.origin.startsWith('https:');
  const attributes = framed ? 'SameSite=None; Secure; Partitioned' : `SameSite=Lax${secure ? '; Secure' : ''}`;
  const entry = session.entries[framed ? 'frame' : 'tab'].issue();
  return `${entryCookieName(secure)}=${entry}; Path=/; HttpOnly; ${attributes}`;
}

/** Empty if the form is too long, or does not arrive in time. */
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
