import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { PlatenOrigin } from '../auth/access/cross-site.guard';
import type { Actor } from '../auth/actor';
import { Logins } from '../auth/login/logins';
import type { UpgradeGuard, UpgradeRefusal } from '../http/gateway.adapter';
import { LiveClients } from './live-clients';

/** The login that a console presented with its upgrade request. */
export interface LiveLogin {
  readonly actor: Actor;
  /** The user who is logged in now; undefined after the login has ended. */
  readonly current: () => Promise<Actor | undefined>;
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
  ) {}

  async check(request: IncomingMessage): Promise<UpgradeRefusal | undefined> {
    const { origin } = request.headers;
    if (!origin || !this.platenOrigin.is(origin, request)) return { status: 403, text: 'not a page of this server' };
    const current = this.logins.ofCookie(request);
    const actor = await current();
    if (!actor) return { status: 401, text: 'this needs a login' };
    if (!this.clients.hasRoomFor(actor.userId)) return { status: 503, text: 'too many consoles are open' };
    this.admitted.set(request, { actor, current });
    return undefined;
  }

  /** @param request admitted by `check` */
  loginOf(request: IncomingMessage): LiveLogin | undefined {
    return this.admitted.get(request);
  }
}
