import type { ServerResponse } from 'node:http';
import { LIMITS } from '../../../protocol/limits';
import type { BrowserSession } from '../browser-session';
import { PAGES, sendPage, type Script } from '../pages';
import { OMITTED } from '../translation/request-headers';
import { PATHS } from './platen-files';

/**
 * The worker of a session's site, if there are several. Without credentials, as `fetch` and fonts are by default, a browser
 * sends no cookie to another origin, and the session does not know it. The worker sends them with credentials, and says in a
 * header that the page wanted none; the server keeps them from the device. It does nothing else, and stores nothing.
 */
const WORKER = `'use strict';
const first = (host) => host.replace(/^(s-[0-9a-f]+)-[0-9]\\./, '$1.');
const isSibling = ({ protocol, port, hostname }) =>
  protocol === location.protocol && port === location.port && hostname !== location.hostname &&
  first(hostname) === first(location.hostname);
addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('fetch', (event) => {
  const { request } = event;
  const { mode, credentials, referrer, referrerPolicy } = request;
  if (!['cors', 'no-cors'].includes(mode) || credentials === 'include' || !isSibling(new URL(request.url))) return;
  const headers = new Headers(request.headers);
  if (mode === 'cors') headers.set('${OMITTED}', 'omit');
  event.respondWith(fetch(new Request(request, { headers, referrer, referrerPolicy, credentials: 'include' })));
});
`;

/** The script may load for the whole site; requests of its own leave it for sites of sessions only. */
export function serveWorker(response: ServerResponse, { facts }: BrowserSession): void {
  const sites = facts.origin.replace(/\/\/[^.]*/, '//*');
  response.writeHead(200, {
    'Content-Type': 'text/javascript; charset=utf-8',
    'Content-Length': Buffer.byteLength(WORKER),
    'Content-Security-Policy': `default-src 'none'; connect-src 'self' ${sites}`,
    'Service-Worker-Allowed': '/',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  });
  response.end(WORKER);
}

/** Resolves when the worker of this site is active; at once where browsers permit none (Service Workers, 3.1). */
const STARTED =
  `(async () => { const { serviceWorker } = navigator; if (!serviceWorker) return; ` +
  `await serviceWorker.register('${PATHS.worker}', { scope: '/' }); await serviceWorker.ready; })()`;

/** `GET /.platen/crossing`, in a hidden frame: starts the worker of this site, and says so to the page around it. */
export function sendCrossing(response: ServerResponse, { frameAncestors }: BrowserSession): void {
  const text = `Promise.allSettled([${STARTED}]).then(() => parent.postMessage('started', '*'));`;
  sendPage(response, PAGES.crossing, frameAncestors, {}, { text, connects: [] });
}

/**
 * Enters the other sites, too, and starts the workers of all, then shows a page.
 * @param crossings by site: the form to enter it with @param to the address of the page
 */
export function crossingScript(crossings: ReadonlyMap<string, string>, to: string): Script {
  const text = `
    const crossings = ${JSON.stringify([...crossings])};
    const enter = ([site, body]) => fetch(site + '${PATHS.enter}', { method: 'POST', mode: 'no-cors', credentials: 'include',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body });
    const start = ([site]) => new Promise((resolve) => {
      const frame = Object.assign(document.createElement('iframe'), { hidden: true, src: site + '${PATHS.crossing}' });
      addEventListener('message', ({ source, origin }) => source === frame.contentWindow && origin === site && resolve());
      document.body.append(frame);
    });
    const late = new Promise((resolve) => setTimeout(resolve, ${LIMITS.BROWSER_CROSSING_MS}));
    Promise.allSettled(crossings.map(enter))
      .then(() => Promise.race([late, Promise.allSettled([${STARTED}, ...crossings.map(start)])]))
      .then(() => location.replace(${JSON.stringify(to)}));`;
  return { text, connects: [...crossings.keys()] };
}
