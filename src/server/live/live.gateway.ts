import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { WebSocketServer, type WebSocket } from 'ws';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { LIVE_PATH } from '../../protocol/live';
import type { Actor } from '../auth/actor';
import { Logins } from '../auth/login/logins';
import { PlatenOrigin } from '../auth/access/cross-site.guard';
import { refuseUpgrade, UpgradeRouter } from '../http/upgrade-router';
import { LiveClient } from './live-client';
import { LiveClients } from './live-clients';

/** Clients have nothing to say. */
const MESSAGE_BYTES = 1024;

/**
 * Where consoles listen: `GET /api/live`. A WebSocket is not bound by the same-origin policy and carries the cookie
 * along, so the origin has to be checked here (RFC 6455 10.2).
 */
@Injectable()
export class LiveGateway implements OnModuleInit, OnApplicationShutdown {
  /** Milliseconds between two looks at a client's login. */
  checkMs: number = LIMITS.LIVE_LOGIN_CHECK_MS;
  private readonly sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES,
  });

  constructor(
    private readonly upgrades: UpgradeRouter,
    private readonly logins: Logins,
    private readonly platenOrigin: PlatenOrigin,
    private readonly clients: LiveClients,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.upgrades.register(LIVE_PATH, (request, socket, head) => {
      this.upgrade(request, socket, head).catch((error: unknown) => {
        this.journal.unexpected(error, 'letting a console listen');
        refuseUpgrade(socket, 500, 'something went wrong here');
      });
    });
  }

  private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { origin } = request.headers;
    if (!origin || !this.platenOrigin.is(origin, request))
      return refuseUpgrade(socket, 403, 'not a page of this server');
    const login = this.logins.ofCookie(request);
    const actor = await login();
    if (!actor) return refuseUpgrade(socket, 401, 'this needs a login');
    if (!this.clients.hasRoomFor(actor.userId)) return refuseUpgrade(socket, 503, 'too many consoles are open');
    this.sockets.handleUpgrade(request, socket, head, (ws) => this.accept(ws, actor, login));
  }

  private accept(ws: WebSocket, actor: Actor, login: () => Promise<Actor | undefined>): void {
    const client = new LiveClient(ws, actor, login, this.checkMs);
    this.clients.add(client);
    ws.once('close', () => this.clients.remove(client));
  }

  onApplicationShutdown(): void {
    for (const ws of this.sockets.clients) ws.terminate();
    this.sockets.close();
  }
}
