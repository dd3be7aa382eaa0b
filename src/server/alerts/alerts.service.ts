import { Injectable } from '@nestjs/common';
import type { AlertQuery } from '../../protocol/alert';
import type { Actor } from '../auth/actor';
import { AuditService } from '../auth/audit/audit.service';
import { CustomersService } from '../customers/customers.service';
import { reaches } from '../customers/reach';
import type { Page } from '../database/page';
import { AlertEvents } from './alert-events';
import type { AlertEntity } from './alert.entity';
import { UnknownAlert } from './alerts.errors';
import { AlertsRepository } from './alerts.repository';

/** Alerts as users see them. */
@Injectable()
export class AlertsService {
  constructor(
    private readonly repository: AlertsRepository,
    private readonly customers: CustomersService,
    private readonly events: AlertEvents,
    private readonly audit: AuditService,
  ) {}

  async list(actor: Actor, query: AlertQuery): Promise<Page<AlertEntity>> {
    return this.repository.list(await this.customers.reachOf(actor), query);
  }

  /** @throws UnknownAlert, also for one out of reach of the actor */
  async get(actor: Actor, id: string): Promise<AlertEntity> {
    const alert = await this.repository.find(id);
    if (!alert || !reaches(await this.customers.reachOf(actor), placeOf(alert))) throw new UnknownAlert();
    return alert;
  }

  /** The first who acknowledges an alert is recorded. @throws UnknownAlert */
  async acknowledge(actor: Actor, id: string): Promise<AlertEntity> {
    const alert = await this.get(actor, id);
    if (!(await this.repository.acknowledge(id, actor.displayName, new Date()))) return this.get(actor, id);
    await this.audit.record(actor, 'alert.acknowledged', targetOf(alert), alert.rule);
    this.events.publish('changed', id);
    return this.get(actor, id);
  }
}

export const placeOf = ({ siteId, deviceId }: AlertEntity): { siteId: string | null; deviceId?: string } => ({
  siteId,
  ...(deviceId !== null && { deviceId }),
});

/** For the audit trail. */
const targetOf = ({ deviceId, agentId }: AlertEntity): string => deviceId ?? agentId ?? 'server';
