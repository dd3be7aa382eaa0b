import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HttpAdapterHost } from '@nestjs/core';
import { readConfig } from '../../../src/server/config/config';
import type { BrowserSessions, EndedOrigin } from '../../../src/server/browser-sessions/browser-sessions.service';
import { SessionOrigins } from '../../../src/server/browser-sessions/site/session-origins';
import { SessionSite } from '../../../src/server/browser-sessions/site/session-site';
import { HostRouter } from '../../../src/server/http/host-router';
import { KnownHosts } from '../../../src/server/http/known-hosts';
import { recordedJournal } from '../recorded-journal';
import { Site } from './browser-visit';
import { openSession, type OpenedSession } from './opened-session';

export const CONSOLE = 'https://platen.example';
export const OWN = 'https://s-aa.sessions.example';
export const OTHER = 'https://s-bb.sessions.example';
export const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

export const listening = async (server: Server): Promise<number> => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
};

/** An open session, its device, and the server that delivers its pages under an origin of the session. */
export class SiteStage {
  opened!: OpenedSession;
  site!: Site;
  /** By label. */
  readonly ended = new Map<string, EndedOrigin>();
  /** What has reached the device. */
  readonly seen: IncomingMessage[] = [];
  /** Of the device, by path. */
  readonly answers: Record<string, (response: ServerResponse) => void> = {};
  readonly device = createServer((request, response) => {
    this.seen.push(request);
    const [path = ''] = (request.url ?? '').split('?');
    if (this.answers[path]) this.answers[path](response);
    else response.end('the device');
  });
  private readonly server = createServer((_request, response) => response.end('console'));

  static async set(): Promise<SiteStage> {
    const stage = new SiteStage();
    await stage.open();
    return stage;
  }

  private async open(): Promise<void> {
    const facts = { label: 'aa', origin: OWN, consoleOrigin: CONSOLE };
    this.opened = await openSession(await listening(this.device), facts);
    const config = readConfig({ PLATEN_PUBLIC_URL: CONSOLE, PLATEN_SESSION_DOMAIN: 'sessions.example' });
    const router = new HostRouter();
    const origins = new SessionOrigins(config, {} as HttpAdapterHost);
    const sessions = {
      find: (label: string) => (label === 'aa' ? this.opened.session : undefined),
      ended: (label: string) => this.ended.get(label),
    } as BrowserSessions;
    new SessionSite(router, origins, sessions, recordedJournal().journal, config).onModuleInit();
    router.attach(this.server, new KnownHosts(config));
    const port = await listening(this.server);
    this.site = new Site(OWN, port, `__Host-platen=${this.opened.session.entries.tab.issue()}`);
  }

  async strike(): Promise<void> {
    await this.opened.stop();
    for (const each of [this.server, this.device]) {
      each.closeAllConnections();
      await new Promise((resolve) => each.close(resolve));
    }
  }

  framed(): Site {
    return new Site(OWN, this.site.port, `__Host-platen=${this.opened.session.entries.frame.issue()}`);
  }
}
