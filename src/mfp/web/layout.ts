import { aroundContent, CONTENT, html, type Html } from './html';
import type { DeviceKind } from '../../protocol/device-kinds';
import { FUNCTIONS, storesDocuments, usesPaper } from '../../protocol/device-kinds';
import type { Exchange } from './exchange';

const MENU = [
  ['/status', 'Status'],
  ['/counters', 'Counters'],
  ['/supplies', 'Supplies'],
  ['/job-log', 'Job log'],
  ['/document-box', 'Document box'],
  ['/address-book', 'Address book'],
  ['/settings', 'Device settings'],
  ['/firmware', 'Firmware'],
  ['/service', 'Service'],
] as const;

/** Whether a device of this kind has the page. */
export function hasPage(kind: DeviceKind, path: string): boolean {
  if (path.startsWith('/supplies')) return usesPaper(kind);
  if (path.startsWith('/document-box')) return storesDocuments(kind);
  if (path.startsWith('/address-book')) return FUNCTIONS[kind].some((each) => each === 'scan' || each === 'fax');
  return path !== '/print' || FUNCTIONS[kind].includes('print');
}

export interface PageOptions {
  title: string;
  body: Html;
  /** How the page is updated. */
  follow?: 'events' | 'socket';
}

/** A whole page of the device. */
export function layout(exchange: Exchange, { title, body, follow }: PageOptions): Html {
  const { before, after } = layoutAround(exchange, title, follow);
  return html`${before}${body}${after}`;
}

/** The parts before and after the content, for pages that are sent in pieces. */
export function layoutAround(exchange: Exchange, title: string, follow?: string): { before: Html; after: Html } {
  const { machine, request, administrator } = exchange;
  const { identity, memory, status } = machine;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} - ${identity.product}</title>
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/assets/style.css" />
        ${follow && html`<script type="module" src="/assets/live.js"></script>`}
      </head>
      <body data-follow="${follow}">
        <header>
          <img class="mark" src="/assets/icon.svg" alt="" />
          <div>
            <div class="product">${identity.product}</div>
            <div class="name">${memory.settings.name}</div>
          </div>
          <div class="who">
            <span><span class="lamp ${status.state}"></span><span data-live="state">${status.state}</span></span>
            ${
              administrator
                ? html`<form method="post" action="/logout"><button class="quiet">Log out</button></form>`
                : html`<a href="/login?next=${encodeURIComponent(request.path)}">Log in</a>`
            }
          </div>
        </header>
        <div class="frame">
          <nav>
            ${MENU.filter(([path]) => hasPage(identity.kind, path)).map(
              ([path, label]) =>
                html`<a href="${path}" ${request.path.startsWith(path) && html`aria-current="page"`}>${label}</a>`,
            )}
          </nav>
          <main>
            <h1>${title}</h1>
            ${CONTENT}
          </main>
        </div>
        <footer>
          Serial number ${identity.serialNumber} &middot; Firmware ${memory.firmware} &middot; Simulated device
        </footer>
      </body>
    </html>`;
  return aroundContent(page);
}

/** One message above a page's content. */
export const note = (kind: 'good' | 'warn' | 'bad' | 'plain', text: string): Html =>
  html`<div class="note ${kind}" role="status">${text}</div>`;
