import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';

type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A peer that needs longer to send 64 KB is taken for an attack. */
const REQUEST_MS = 30_000;

/** Another site that is served on the console's port, under host names of its own. */
export interface HostedSite {
  /** @param hostname of `Host`, lower case, without port and final dot */
  owns(hostname: string): boolean;
  /** @param expectsContinue the peer waits for 100 (RFC 9110 10.1.1) before it sends its content */
  request(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void;
  upgrade: UpgradeHandler;
}

/**
 * Keeps sites apart by host name, before anything of the console has seen a request: no cookie, no parser, no route of
 * one ever meets a request to the other.
 */
@Injectable()
export class HostRouter {
  private site: HostedSite | undefined;
  private readonly cuts = new WeakMap<IncomingMessage, NodeJS.Timeout>();

  register(site: HostedSite): void {
    if (this.site) throw new Error('there is another site already');
    this.site = site;
  }

  /** Lets a request to the console, whose sender is known by now, take its time: as long as this, from now on. */
  giveTime(request: IncomingMessage, ms: number): void {
    clearTimeout(this.cuts.get(request));
    const cut = setTimeout(() => request.complete || request.socket.destroy(), ms);
    cut.unref(); // a request that was answered unread, and then cut off, does not close
    this.cuts.set(request, cut);
    request.once('close', () => clearTimeout(cut));
  }

  /** Steps between one HTTP server and those who listen to it now. */
  attach(server: Server): void {
    const console = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
    const upgrades = server.listeners('upgrade') as UpgradeHandler[];
    server.removeAllListeners('request').removeAllListeners('upgrade');

    const toConsole = (request: IncomingMessage, response: ServerResponse) => {
      this.giveTime(request, REQUEST_MS);
      for (const listener of console) listener.call(server, request, response);
    };
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const site = this.siteOf(request);
      if (site) site.request(request, response, false);
      else toConsole(request, response);
    });
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      const site = this.siteOf(request);
      if (site) return site.request(request, response, true);
      response.writeContinue();
      toConsole(request, response);
    });
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      const site = this.siteOf(request);
      if (site) site.upgrade(request, socket, head);
      else for (const listener of upgrades) listener.call(server, request, socket, head);
    });
  }

  private siteOf(request: IncomingMessage): HostedSite | undefined {
    return this.site?.owns(hostnameOf(request)) ? this.site : undefined;
  }
}

/** Host name a request is for, as names are compared (RFC 9110 4.2.3); an address keeps its brackets. */
export const hostnameOf = (request: IncomingMessage): string =>
  (request.headers.host ?? '').toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
