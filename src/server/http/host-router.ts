import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { KnownHosts } from './known-hosts';

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A peer that needs longer to send 64 KB is considered an attacker. */
const REQUEST_MS = 30_000;

/** Another site on the console's port, under its own host names. */
export interface HostedSite {
  /** @param hostname of `Host`, lower case, without port and final dot */
  owns(hostname: string): boolean;
  /** @param expectsContinue the peer waits for 100 (RFC 9110 10.1.1) before it sends its content */
  request(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void;
  upgrade: UpgradeHandler;
}

/**
 * Separates sites by host name before any handler of the console sees a request: no cookie, parser or route of one site
 * ever handles a request to the other.
 */
@Injectable()
export class HostRouter {
  private site: HostedSite | undefined;
  private passedOn: (path: string) => UpgradeHandler | undefined = () => undefined;
  private readonly cuts = new WeakMap<IncomingMessage, NodeJS.Timeout>();

  register(site: HostedSite): void {
    if (this.site) throw new Error('a site is already registered');
    this.site = site;
  }

  /**
   * Passes upgrade requests to the console on to another program.
   * @param find the handler for a path; undefined: the console answers the request itself
   */
  passOn(find: (path: string) => UpgradeHandler | undefined): void {
    this.passedOn = find;
  }

  /** Extends the time limit of an authenticated request to the console: `ms` from now. */
  giveTime(request: IncomingMessage, ms: number): void {
    clearTimeout(this.cuts.get(request));
    const cut = setTimeout(() => request.complete || request.socket.destroy(), ms);
    cut.unref(); // `close` is not emitted for a request that was answered unread and then cut
    this.cuts.set(request, cut);
    request.once('close', () => clearTimeout(cut));
  }

  /** Inserts the router between the HTTP server and its present listeners. @param names of the console */
  attach(server: Server, names: KnownHosts): void {
    const console = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
    const upgrades = server.listeners('upgrade') as UpgradeHandler[];
    server.removeAllListeners('request').removeAllListeners('upgrade');

    const isMisdirected = (request: IncomingMessage) => !names.has(hostnameOf(request), request);
    const toConsole = (request: IncomingMessage, response: ServerResponse) => {
      this.giveTime(request, REQUEST_MS);
      for (const listener of console) listener.call(server, request, response);
    };
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (hasTwoHosts(request)) return refuse(response);
      const site = this.siteOf(request);
      if (site) return site.request(request, response, false);
      if (isMisdirected(request)) return names.refuse(request, response);
      toConsole(request, response);
    });
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      if (hasTwoHosts(request)) return refuse(response);
      const site = this.siteOf(request);
      if (site) return site.request(request, response, true);
      if (isMisdirected(request)) return names.refuse(request, response);
      response.writeContinue();
      toConsole(request, response);
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (hasTwoHosts(request)) return void socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      const site = this.siteOf(request);
      if (site) return site.upgrade(request, socket, head);
      const passOn = this.passedOn(request.url ?? '');
      if (passOn) return passOn(request, socket, head);
      if (isMisdirected(request))
        return void socket.end('HTTP/1.1 421 Misdirected Request\r\nConnection: close\r\n\r\n');
      for (const listener of upgrades) listener.call(server, request, socket, head);
    });
  }

  private siteOf(request: IncomingMessage): HostedSite | undefined {
    return this.site?.owns(hostnameOf(request)) ? this.site : undefined;
  }
}

/** RFC 9112 3.2: such a request is answered 400. Node gives the first one only; a proxy may have read the other. */
const hasTwoHosts = ({ rawHeaders }: IncomingMessage): boolean =>
  rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length > 1;

const refuse = (response: ServerResponse): void =>
  void response.writeHead(400, { 'Content-Type': 'text/plain', Connection: 'close' }).end('Two Host headers.\n');

/** Host name of a request, normalized for comparison (RFC 9110 4.2.3); an IPv6 address keeps its brackets. */
export const hostnameOf = (request: IncomingMessage): string =>
  (request.headers.host ?? '').toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
