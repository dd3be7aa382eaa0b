import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { PlatenOrigin } from '../auth/access/cross-site.guard';
import type { Actor } from '../auth/actor';
import { Logins } from '../auth/login/logins';
import { CustomersService } from '../customers/customers.service';
import type { UpgradeGuard, UpgradeRefusal } from '../http/gateway.adapter';
import type { Viewer } from './live-client';
import { LiveClients } from './live-clients';

/** The login that a console presented with its upgrade request. */
export interface LiveLogin {
  readonly viewer: Viewer;
  /** The user who is logged in now; undefined after the login has ended. */
  readonly current: () => Promise<Viewer | undefined>;
}

/**
 * Admits consoles to the live channel. A WebSocket is not bound by the same-origin policy and carries the cookie, so
 * the origin has to be checked here (RFC 6455 10.2).
 */
@Injectable()
export class LiveGuard implements UpgradeGuard {
  private readonly admitted = new WeakMap<IncomingMessage, LiveLogin>();

  constructor(
    private readonly logins: Logins,
    private readonly platenOrigin: PlatenOrigin,
    private readonly clients: LiveClients,
    private readonly customers: CustomersService,
  ) {}

  async check(request: IncomingMessage): Promise<UpgradeRefusal | undefined> {
    const { origin } = request.headers;
    if (!origin || !this.platenOrigin.is(origin, request)) return { status: 403, text: 'not a page of this server' };
    const loggedIn = this.logins.ofCookie(request);
    const current = async () => this.viewerOf(await loggedIn());
    const viewer = await current();
    if (!viewer) return { status: 401, text: 'this needs a login' };
    if (!this.clients.hasRoomFor(viewer.actor.userId)) return { status: 503, text: 'too many consoles are open' };
    this.admitted.set(request, { viewer, current });
    return undefined;
  }

  private async viewerOf(actor: Actor | undefined): Promise<Viewer | undefined> {
    return actor && { actor, reach: await this.customers.reachOf(actor) };
  }

  /** @param request admitted by `check` */
  loginOf(request: IncomingMessage): LiveLogin | undefined {
    return this.admitted.get(request);
  }
}
