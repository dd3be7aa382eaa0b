import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { AccessEvents } from '../auth/access-events';
import type { Actor } from '../auth/actor';
import { Actors } from '../auth/actors';
import { permitsSession } from '../auth/clients/client-limits';
import { EXPIRED } from '../auth/clients/external-clients.service';
import { CustomerEvents } from '../customers/customer-events';
import { CustomersService } from '../customers/customers.service';
import { reaches } from '../customers/reach';
import { DeviceEvents } from '../devices/device-events';
import type { SessionEntity } from './session.entity';
import { SessionLifecycle } from './session.lifecycle';
import { SessionsRepository } from './sessions.repository';

const NO_LONGER = {
  user: 'the user may no longer access the device',
  client: 'the external client may no longer access the device',
} as const;

/**
 * Ends sessions whose requester has lost the access for them: a user, an API token, an external client or a customer was
 * taken away; and those whose agent was moved or removed.
 */
@Injectable()
export class SessionRevocation implements OnModuleInit, OnApplicationBootstrap {
  constructor(
    private readonly access: AccessEvents,
    private readonly customerEvents: CustomerEvents,
    private readonly deviceEvents: DeviceEvents,
    private readonly actors: Actors,
    private readonly customers: CustomersService,
    private readonly repository: SessionsRepository,
    private readonly lifecycle: SessionLifecycle,
  ) {}

  onModuleInit(): void {
    this.access.on('revoked', async ({ userId, apiTokenId, detail }) => {
      const open = await this.repository.openOfUser(userId);
      for (const session of open)
        if (apiTokenId === undefined || session.apiTokenId === apiTokenId) await this.revoke(session, detail);
    });
    const recheckAll = async (userId: string) => this.recheckAll(await this.repository.openOfUser(userId));
    this.customerEvents.on('reassigned', recheckAll);
    this.access.on('narrowed', recheckAll);
    this.deviceEvents.on('moved', async ({ agentId }) => {
      // they were requested by users who need not reach the new site
      for (const session of await this.repository.openOf(agentId))
        await this.revoke(session, 'the agent of the device was moved to another site');
    });
    this.deviceEvents.on('removed', async (agentId) => {
      for (const session of await this.repository.openOf(agentId)) {
        await this.revoke(session, 'the agent of the device was removed');
        // through the relay, because the agent is disconnected
        await this.lifecycle.apply(session.id, 'silent');
      }
    });
  }

  /** The server may have stopped after access ended, before the sessions did. */
  async onApplicationBootstrap(): Promise<void> {
    await this.recheckAll(await this.repository.open());
  }

  /** Ends a session if access ended while it was being requested, too late for the events to find it. */
  async recheckRequest(actor: Actor, session: SessionEntity): Promise<void> {
    if (await this.actors.keepsToken(actor)) await this.recheck(session);
    else await this.revoke(session, 'the token of the request was revoked');
  }

  /** Ends a session that its requester, as they are now, may not have. */
  private async recheck(session: SessionEntity): Promise<void> {
    const actor = await this.actors.requesterOf(session);
    if (actor && permitsSession(actor, session) && reaches(await this.customers.reachOf(actor), session)) return;
    await this.revoke(session, (await this.actors.hasExpired(session)) ? EXPIRED : NO_LONGER[session.askerKind]);
  }

  private async recheckAll(sessions: readonly SessionEntity[]): Promise<void> {
    for (const session of sessions) await this.recheck(session);
  }

  private async revoke({ id }: SessionEntity, detail: string): Promise<void> {
    await this.lifecycle.apply(id, 'revoke', { detail });
  }
}
