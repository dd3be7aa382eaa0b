import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { sha256 } from '../../tunnel/sha256';
import type { SessionEnd } from './session-end';

/** A page that Platen shows under a session's origin instead of the device's answer. */
export interface Page {
  readonly status: number;
  readonly title: string;
  /** Full sentences: what happened, and what to do. */
  readonly text: string;
  /** A button below it, which posts nothing but its path. */
  readonly button?: { readonly path: string; readonly label: string };
}

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;margin:12vh auto;max-width:34rem;padding:0 1rem;color:#1c2530;background:#fff}' +
  'h1{font-size:1.4rem}@media(prefers-color-scheme:dark){body{color:#e6e9ee;background:#14181d}}';
const STYLE_HASH = sha256(STYLE).toString('base64');

export const PAGES = {
  unknown: {
    status: 404,
    title: 'No such session',
    text: 'There is no session at this address. Open the device from the console.',
  },
  notEntered: {
    status: 403,
    title: 'Not open in this browser',
    text: 'This session was not opened in this browser. Open the device from the console.',
  },
  ticketRefused: {
    status: 403,
    title: 'Ticket refused',
    text: 'The entry ticket has been used or has expired. Open the device again from the console.',
  },
  entered: { status: 200, title: 'Opening the device', text: 'The page of the device follows.' },
  foreignEntry: {
    status: 403,
    title: 'Not opened from the console',
    text: 'A page other than the console submitted the entry ticket. Open the device from the console.',
  },
  foreign: {
    status: 403,
    title: 'Request from another page',
    text: 'A page outside this session made this request. It was not sent to the device. Open the device from the console.',
  },
  crossingRefused: {
    status: 403,
    title: 'Not permitted by the device',
    text: 'A page at another address of the device made this request, and the device does not permit that (CORS).',
  },
  crossing: { status: 200, title: 'Opening the device', text: 'The page of the device follows.' },
  serviceWorker: {
    status: 403,
    title: 'No service workers',
    text: 'A service worker would remain in the browser after the session. It was not loaded.',
  },
  badRequest: { status: 400, title: 'Request refused', text: 'This request cannot be forwarded to a device.' },
  busy: {
    status: 503,
    title: 'Too many requests at a time',
    text: 'The session has too many open requests. Wait until some have ended, then reload the page.',
  },
  notPages: {
    status: 404,
    title: 'No web pages',
    text: 'This application does not speak HTTP. Open its screen from the console, or use the command line.',
  },
  badCoding: {
    status: 502,
    title: 'No readable page',
    text: 'The device sent a compressed page that cannot be decompressed, or cut it off. Reload the page.',
  },
  tooDense: {
    status: 502,
    title: 'Page refused',
    text:
      'The device sent a page that decompresses to an extreme size, as attacks on browsers do. It is not shown here. ' +
      'Use the platen connect command if you trust the device.',
  },
  slow: { status: 504, title: 'No answer in time', text: 'The device did not answer in time. Reload the page.' },
} as const satisfies Record<string, Page>;

export const endedPage = ({ title = 'This session has ended', text }: SessionEnd): Page => ({
  status: 410,
  title,
  text: `${title}: ${text}`,
});
export const badAnswerPage = (why: string): Page => ({
  status: 502,
  title: 'No valid answer',
  text: `The answer of the device is not valid HTTP: ${why}. Use the platen connect command to see what it sends.`,
});
export const unreadablePage = (coding: string): Page => ({
  status: 502,
  title: 'No readable page',
  text:
    `The device sent a page that is compressed in a way which the browser was not asked for: ${coding}. Links in it ` +
    'cannot be translated. Use the platen connect command.',
});
/** Under a session's origin: about an origin that is not part of the session, which the query names. */
export const STRAY_PATH = '/.platen/elsewhere';
/** Has the owner asked for it. */
export const ASK_PATH = '/.platen/ask';
const strayButton = (origin: string, label: string) => ({ path: `${ASK_PATH}?${encodeURIComponent(origin)}`, label });

/** @param origin where the device leads to */
export const strayPage = (origin: string): Page => ({
  status: 403,
  title: 'Not part of this session',
  text:
    `The device leads to ${origin}, which its owner has not permitted for this application: your browser would look for it ` +
    'in your own network. If it belongs to the device, ask its owner: the request appears on the page of the agent at the device.',
  button: strayButton(origin, 'Ask the owner'),
});
/** @param answer what the agent says: a clause */
export const askedPage = (origin: string, answer: string): Page => ({
  status: 403,
  title: 'Not permitted yet',
  text: `${origin}: ${answer}.`,
  button: strayButton(origin, 'Try again'),
});
export const permittedPage = (origin: string): Page => ({
  status: 200,
  title: 'Permitted',
  text: `The owner of the device permits ${origin}. Its page follows.`,
});
export const unreachablePage = (status: number, detail: string): Page => ({
  status: status === 504 ? 504 : 502,
  title: 'The device cannot be reached',
  text: `The connection to the device failed: ${detail}. Reload the page, or end the session.`,
});

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
export const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => ESCAPES[c]!);

/** A script of such a page, and the origins that it may send requests to and show in frames. It may start a worker. */
export interface Script {
  readonly text: string;
  readonly connects: readonly string[];
  /** Where a browser without scripts continues. */
  readonly without?: string;
}
const scripting = (script: Script | undefined): string =>
  script
    ? `script-src 'sha256-${sha256(script.text).toString('base64')}'; worker-src 'self'; ` +
      (script.connects.length > 0
        ? ['connect-src', 'frame-src'].map((each) => `${each} ${script.connects.join(' ')}; `).join('')
        : '')
    : '';

/**
 * @param frameAncestors origins that may show the page in a frame; default: none
 * @param fields further header fields
 */
export function sendPage(
  response: ServerResponse,
  { status, title, text, button }: Page,
  frameAncestors?: string,
  fields: OutgoingHttpHeaders = {},
  script?: Script,
): void {
  if (response.headersSent) return void response.destroy();
  const body =
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>${escaped(title)}</title><style>${STYLE}</style><h1>${escaped(title)}</h1><p>${escaped(text)}</p>` +
    (button
      ? `<form method="post" action="${escaped(button.path)}"><button>${escaped(button.label)}</button></form>`
      : '') +
    (script?.without === undefined
      ? ''
      : `<noscript><meta http-equiv="refresh" content="0; url=${escaped(script.without)}"></noscript>`) +
    `${script ? `<script>${script.text}</script>` : ''}</html>\n`;
  const ancestors = frameAncestors ?? "frame-ancestors 'none'";
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Content-Security-Policy': `default-src 'none'; ${button ? "form-action 'self'; " : ''}style-src 'sha256-${STYLE_HASH}'; ${scripting(script)}${ancestors}`,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': script ? 'origin' : 'no-referrer',
    'Cache-Control': 'no-store',
    // the rest of the request's content is not read
    ...(response.req.complete ? {} : { Connection: 'close' }),
    ...fields,
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
