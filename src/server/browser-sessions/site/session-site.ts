import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { CONFIG, type Config } from '../../config/config';
import { hostnameOf, HostRouter, type HostedSite } from '../../http/host-router';
import { StreamRefused } from '../../../tunnel/http2-tunnel.errors';
import type { BrowserSession } from '../browser-session';
import { BrowserSessions } from '../browser-sessions.service';
import { ByteStreams } from '../relaying/byte-streams';
import { sendCrossing, serveWorker } from './crossing-worker';
import { cross, crossing, enter } from './entry';
import { cookieNames, entriesIn, entryCookieName } from '../translation/cookies';
import { PATHS, PLATEN_PREFIX, PlatenFiles } from './platen-files';
import { askedPage, endedPage, PAGES, permittedPage, sendPage, strayPage, unreachablePage, type Page } from '../pages';
import { RelayedRequest } from '../relaying/relayed-request';
import { relayUpgrade, responseOn } from '../relaying/relayed-upgrade';
import { answerPreflight, crossOriginFields, isForeign, isPreflight, isServiceWorker } from './requesting-page';
import { SessionOrigins } from './session-origins';
import { parentDomains, removals } from './tossed-cookies';

/** Where the browser shows the pages of a session. */
type Place = 'tab' | 'frame';

/** Handles every request under the session domain: finds the session, and admits browsers that have entered. */
@Injectable()
export class SessionSite implements HostedSite, OnModuleInit, BeforeApplicationShutdown {
  private readonly files = new PlatenFiles();
  private readonly streams = new ByteStreams();
  private readonly sockets = new Set<Duplex>();
  private readonly behindProxy: boolean;
  private readonly publicOrigin: string | undefined;

  constructor(
    private readonly hosts: HostRouter,
    private readonly origins: SessionOrigins,
    private readonly sessions: BrowserSessions,
    private readonly journal: Journal,
    @Inject(CONFIG) config: Config,
  ) {
    this.behindProxy = config.http.proxies.length > 0;
    this.publicOrigin = config.http.publicUrl && new URL(config.http.publicUrl).origin;
  }

  onModuleInit(): void {
    this.hosts.register(this);
    const shared = this.origins.sharedDomain;
    if (shared === undefined) return;
    this.journal.warn("devices' pages can set cookies for the console: use a session domain apart from it", {
      domain: shared,
    });
  }

  /** Cuts upgraded sockets, because the server cannot close while one is open. The sessions have already ended. */
  beforeApplicationShutdown(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  owns(hostname: string): boolean {
    return this.origins.owns(hostname);
  }

  request(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const { label, site } = this.origins.siteOf(hostnameOf(request));
    const session = this.sessions.find(label);
    const ended = session?.ending ?? this.sessions.ended(label);
    if (ended) {
      const consoleOrigin = session?.facts.consoleOrigin ?? this.sessions.ended(label)?.consoleOrigin;
      return sendPage(response, endedPage(ended), `frame-ancestors 'self' ${consoleOrigin}`, clearing(request));
    }
    if (!session || !session.sites[site]) return sendPage(response, PAGES.unknown, undefined, clearing(request));
    const ancestors = session.frameAncestors;
    const path = pathOf(request);
    if (path === undefined) return sendPage(response, PAGES.badRequest, ancestors);
    if (path === PATHS.enter) {
      const consoles = [session.facts.consoleOrigin, this.publicOrigin];
      return this.carryOut(
        site === 0 ? enter(session, request, response, consoles) : cross(session, request, response),
        response,
      );
    }
    if (path === PATHS.worker && session.sites.length > 1) return serveWorker(response, session);
    if (isServiceWorker(request)) return sendPage(response, PAGES.serviceWorker, ancestors);
    if (isPreflight(request, session)) return answerPreflight(request, response, session);
    const place = placeOf(session, request);
    if (!place) return sendPage(response, PAGES.notEntered, ancestors);
    if (isForeign(request, session)) return sendPage(response, PAGES.foreign, ancestors);
    if (this.checkCookies(session, session.sites[site], request, response, place)) return;
    const done = session.startExchange();
    if (!done) return sendPage(response, PAGES.busy, ancestors);
    response.once('close', done);
    if (path.startsWith(PLATEN_PREFIX)) {
      if (path === PATHS.crossing) return sendCrossing(response, session);
      const origin = path === PATHS.stray || path === PATHS.ask ? strayOriginIn(request) : undefined;
      if (origin !== undefined) {
        if (path === PATHS.stray || request.method !== 'POST' || !isClick(request))
          return sendPage(response, strayPage(origin), ancestors);
        return this.carryOut(askFor(origin, session, request, response, place), response);
      }
      if (!this.files.serve(path, request, response, ancestors)) sendPage(response, PAGES.unknown, ancestors);
      return;
    }
    const context = {
      behindProxy: this.behindProxy,
      framed: place === 'frame',
      site,
      clearing: () => clearing(request),
    };
    this.carryOut(new RelayedRequest(session, { request, response, expectsContinue, ...context }).run(), response);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    const refuse = (page: Page) => sendPage(responseOn(socket, request), page);

    const { label, site } = this.origins.siteOf(hostnameOf(request));
    const session = this.sessions.find(label);
    const ended = session?.ending ?? this.sessions.ended(label);
    if (ended) return refuse(endedPage(ended));
    if (!session || !session.sites[site]) return refuse(PAGES.unknown);
    const path = pathOf(request);
    if (path === undefined) return refuse(PAGES.badRequest);
    const place = placeOf(session, request);
    if (!place) return refuse(PAGES.notEntered);
    const isPlaten = path.startsWith(PLATEN_PREFIX);
    // A device checks the origin itself; Platen's own stream accepts pages of the session's origin only.
    if (isPlaten && (path !== PATHS.stream || request.headers.origin !== session.facts.origin))
      return refuse(PAGES.unknown);
    if (isForeign(request, session)) return refuse(PAGES.foreign);
    const done = session.startExchange();
    if (!done) return refuse(PAGES.busy);
    if (isPlaten) return this.streams.accept(session, request, socket, head, done);
    socket.once('close', done);
    this.carryOut(
      relayUpgrade(session, { request, socket, head, behindProxy: this.behindProxy, framed: place === 'frame', site }),
      socket,
    );
  }

  /** Removes cookies of other hosts before the request reaches the device. @returns whether the request was answered */
  private checkCookies(
    session: BrowserSession,
    origin: string,
    request: IncomingMessage,
    response: ServerResponse,
    place: Place,
  ): boolean {
    const { protocol, hostname } = new URL(origin);
    const domains = parentDomains(hostname);
    const names = domains.length > 0 ? session.cookies.due(request) : [];
    if (names.length === 0) return false;
    const how = { path: pathOf(request) ?? '/', secure: protocol === 'https:', framed: place === 'frame', domains };
    response.writeHead(307, {
      Location: `${origin}${request.url}`, // a path may begin with //
      ...crossOriginFields(request, session),
      'Set-Cookie': removals(names, how),
      'Cache-Control': 'no-store',
      'Content-Security-Policy': `default-src 'none'; ${session.frameAncestors}`,
      'Content-Length': 0,
    });
    response.end();
    return true;
  }

  private carryOut(work: Promise<void>, on: { destroy(): unknown }): void {
    work.catch((error: unknown) => {
      this.journal.unexpected(error, 'relaying for a browser');
      on.destroy();
    });
  }
}

/** Path of the request target; undefined for the forms that only proxies receive (RFC 9112 3.2.2). */
function pathOf({ url = '', method }: IncomingMessage): string | undefined {
  if (url === '*' && method === 'OPTIONS') return url;
  return url.startsWith('/') ? url.split('?')[0] : undefined;
}

/** Has the owner asked for an origin; when it is permitted, the browser enters its site. */
async function askFor(
  origin: string,
  session: BrowserSession,
  request: IncomingMessage,
  response: ServerResponse,
  place: Place,
): Promise<void> {
  const { frameAncestors } = session;
  try {
    const asked = await session.propose(origin);
    if ('answer' in asked) return sendPage(response, askedPage(origin, asked.answer), frameAncestors);
    const script = crossing(session, [asked.site], place === 'frame', `${asked.site}/`);
    sendPage(response, permittedPage(origin), session.frameAncestors, {}, script);
  } catch (error) {
    const end = await session.causeOfCut();
    const refused = error instanceof StreamRefused ? error : new StreamRefused(502, 'no answer');
    if (end) return sendPage(response, endedPage(end), frameAncestors, clearing(request));
    sendPage(response, unreachablePage(refused.status, refused.detail), frameAncestors);
  }
}

/** The origin that the query names; nothing else is shown of it. */
function strayOriginIn({ url = '' }: IncomingMessage): string | undefined {
  try {
    const { protocol, origin } = new URL(decodeURIComponent(url.slice(url.indexOf('?') + 1)));
    return /^https?:$/.test(protocol) ? origin : undefined;
  } catch {
    return undefined;
  }
}

/** Scripts of the device can submit the form, too, but not as a person does (Fetch Metadata, `Sec-Fetch-User`). */
const isClick = ({ headers }: IncomingMessage): boolean =>
  headers['sec-fetch-site'] === undefined || headers['sec-fetch-user'] === '?1';

/** Where the browser shows the pages; undefined if it has not entered. */
function placeOf({ entries, facts }: BrowserSession, { headers }: IncomingMessage): Place | undefined {
  const values = entriesIn(headers.cookie, facts.origin.startsWith('https:'));
  if (values.some((value) => entries.tab.isValid(value))) return 'tab';
  return values.some((value) => entries.frame.isValid(value)) ? 'frame' : undefined;
}

/**
 * For a browser that had entered a session which is over: removes what its pages have stored (Clear Site Data), once,
 * because the entry cookie goes with it. `"cookies"` would also remove those of the other sessions and of the console.
 */
function clearing(request: IncomingMessage): OutgoingHttpHeaders {
  const { cookie } = request.headers;
  const entry = [true, false].filter((secure) => entriesIn(cookie, secure).length > 0);
  if (entry.length === 0) return {};
  const path = pathOf(request) ?? '/';
  const hostname = hostnameOf(request);
  const names = [...entry.map(entryCookieName), ...cookieNames(cookie)];
  const secure = entry.includes(true);
  const domains = [undefined, ...parentDomains(hostname)];
  return {
    'Clear-Site-Data': '"cache", "storage"',
    'Set-Cookie': [false, true].flatMap((framed) => removals(names, { path, secure, framed, domains })),
  };
}
