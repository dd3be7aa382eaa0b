import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AccessEvents } from '../auth/access-events';
import { UsersService } from '../auth/users/users.service';
import { CustomerEvents } from '../customers/customer-events';
import { CustomersService } from '../customers/customers.service';
import { NOTHING, reaches } from '../customers/reach';
import { DeviceEvents } from '../devices/device-events';
import type { SessionEntity } from './session.entity';
import { SessionLifecycle } from './session.lifecycle';
import { SessionsRepository } from './sessions.repository';

/** Ends sessions whose user, API token or customer was taken away, or whose agent was moved or removed. */
@Injectable()
export class SessionRevocation implements OnModuleInit {
  constructor(
    private readonly access: AccessEvents,
    private readonly customerEvents: CustomerEvents,
    private readonly deviceEvents: DeviceEvents,
    private readonly users: UsersService,
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
    const recheckAll = async (userId: string) => {
      for (const session of await this.repository.openOfUser(userId)) await this.recheck(session);
    };
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

  /** Ends a session that its user may no longer have, for example because access ended while it was being requested. */
  async recheck(session: SessionEntity): Promise<void> {
    const actor = await this.users.actor(session.userId);
    const reach = actor ? await this.customers.reachOf(actor) : NOTHING;
    if (!reaches(reach, session)) await this.revoke(session, 'the user may no longer access the device');
  }

  private async revoke({ id }: SessionEntity, detail: string): Promise<void> {
    await this.lifecycle.apply(id, 'revoke', { detail });
  }
}
