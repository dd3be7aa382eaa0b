import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Inject, Injectable, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { CONFIG, type Config } from '../../config/config';
import { hostnameOf, HostRouter, type HostedSite } from '../../http/host-router';
import type { BrowserSession } from '../browser-session';
import { BrowserSessions } from '../browser-sessions.service';
import { ByteStreams } from '../relaying/byte-streams';
import { enter } from './entry';
import { entryIn } from '../translation/cookies';
import { PATHS, PLATEN_PREFIX, PlatenFiles } from './platen-files';
import { endedPage, PAGES, sendPage, type Page } from '../pages';
import { RelayedRequest } from '../relaying/relayed-request';
import { relayUpgrade, responseOn } from '../relaying/relayed-upgrade';
import { SessionOrigins } from './session-origins';

/** Handles every request under the session domain: finds the session, and admits browsers that have entered. */
@Injectable()
export class SessionSite implements HostedSite, OnModuleInit, BeforeApplicationShutdown {
  private readonly files = new PlatenFiles();
  private readonly streams = new ByteStreams();
  private readonly sockets = new Set<Duplex>();
  private readonly behindProxy: boolean;

  constructor(
    private readonly hosts: HostRouter,
    private readonly origins: SessionOrigins,
    private readonly sessions: BrowserSessions,
    private readonly journal: Journal,
    @Inject(CONFIG) config: Config,
  ) {
    this.behindProxy = config.http.proxies.length > 0;
  }

  onModuleInit(): void {
    this.hosts.register(this);
  }

  /** Cuts upgraded sockets, because the server cannot close while one is open. The sessions have already ended. */
  beforeApplicationShutdown(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  owns(hostname: string): boolean {
    return this.origins.owns(hostname);
  }

  request(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const label = this.origins.labelOf(hostnameOf(request)) ?? '';
    const session = this.sessions.find(label);
    const ended = session?.ending ?? this.sessions.ended(label);
    if (ended) {
      const consoleOrigin = session?.facts.consoleOrigin ?? this.sessions.ended(label)?.consoleOrigin;
      return sendPage(response, endedPage(ended), `frame-ancestors 'self' ${consoleOrigin}`);
    }
    if (!session) return sendPage(response, PAGES.unknown);
    const ancestors = session.frameAncestors;
    const path = pathOf(request);
    if (path === undefined) return sendPage(response, PAGES.badRequest, ancestors);
    if (path === PATHS.enter) return this.carryOut(enter(session, request, response), response);
    const place = placeOf(session, request);
    if (!place) return sendPage(response, PAGES.notEntered, ancestors);
    const done = session.startExchange();
    if (!done) return sendPage(response, PAGES.busy, ancestors);
    response.once('close', done);
    if (path.startsWith(PLATEN_PREFIX)) {
      if (!this.files.serve(path, request, response, ancestors)) sendPage(response, PAGES.unknown, ancestors);
      return;
    }
    const context = { behindProxy: this.behindProxy, framed: place === 'frame' };
    this.carryOut(new RelayedRequest(session, { request, response, expectsContinue, ...context }).run(), response);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    const refuse = (page: Page) => sendPage(responseOn(socket, request), page);

    const label = this.origins.labelOf(hostnameOf(request)) ?? '';
    const session = this.sessions.find(label);
    const ended = session?.ending ?? this.sessions.ended(label);
    if (ended) return refuse(endedPage(ended));
    if (!session) return refuse(PAGES.unknown);
    const path = pathOf(request);
    if (path === undefined) return refuse(PAGES.badRequest);
    const place = placeOf(session, request);
    if (!place) return refuse(PAGES.notEntered);
    const isPlaten = path.startsWith(PLATEN_PREFIX);
    // A device checks the origin itself; Platen's own stream accepts pages of the session's origin only.
    if (isPlaten && (path !== PATHS.stream || request.headers.origin !== session.facts.origin))
      return refuse(PAGES.unknown);
    const done = session.startExchange();
    if (!done) return refuse(PAGES.busy);
    if (isPlaten) return this.streams.accept(session, request, socket, head, done);
    socket.once('close', done);
    this.carryOut(
      relayUpgrade(session, { request, socket, head, behindProxy: this.behindProxy, framed: place === 'frame' }),
      socket,
    );
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

/** Where the browser shows the pages; undefined if it has not entered. */
function placeOf({ entries, facts }: BrowserSession, { headers }: IncomingMessage): 'tab' | 'frame' | undefined {
  const entry = entryIn(headers.cookie, facts.origin.startsWith('https:'));
  if (entries.tab.isValid(entry)) return 'tab';
  return entries.frame.isValid(entry) ? 'frame' : undefined;
}
