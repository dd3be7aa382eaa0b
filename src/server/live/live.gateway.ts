import type { IncomingMessage } from 'node:http';
import { WebSocketGateway, type OnGatewayConnection } from '@nestjs/websockets';
import type { WebSocket } from 'ws';
import { LIMITS } from '../../protocol/limits';
import { LIVE_PATH } from '../../protocol/live';
import { AccessEvents } from '../auth/access-events';
import { CustomerEvents } from '../customers/customer-events';
import type { GatewayOptions } from '../http/gateway.adapter';
import { LiveClient } from './live-client';
import { LiveClients } from './live-clients';
import { LiveGuard } from './live.guard';

/** Consoles only receive; a message from one is an error. */
const MESSAGE_BYTES = 1024;
/** Try again later (IANA, WebSocket close codes). */
const TRY_AGAIN_LATER = 1013;

/** The live channel of the console: `GET /api/live`. */
@WebSocketGateway<GatewayOptions>({ path: LIVE_PATH, guard: LiveGuard, maxPayload: MESSAGE_BYTES })
export class LiveGateway implements OnGatewayConnection<WebSocket> {
  /** Milliseconds between two checks of a client's login. */
  checkMs: number = LIMITS.LIVE_LOGIN_CHECK_MS;

  constructor(
    private readonly guard: LiveGuard,
    private readonly clients: LiveClients,
    access: AccessEvents,
    customers: CustomerEvents,
  ) {
    access.on('revoked', ({ userId }) => this.clients.recheck(userId));
    access.on('logged-out', (userId) => this.clients.recheck(userId));
    const reconnect = (userId: string) => this.clients.end(userId, 'access-changed');
    customers.on('reassigned', reconnect);
    access.on('narrowed', reconnect);
  }

  handleConnection(ws: WebSocket, request: IncomingMessage): void {
    const login = this.guard.loginOf(request);
    // several upgrade requests of one user may have passed the guard at the same time
    if (!login || !this.clients.hasRoomFor(login.viewer.actor.userId)) return ws.close(TRY_AGAIN_LATER);
    const client = new LiveClient(ws, login.viewer, login.current, this.checkMs);
    this.clients.add(client);
    ws.once('close', () => this.clients.remove(client));
  }
}
