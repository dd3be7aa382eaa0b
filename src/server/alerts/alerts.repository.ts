import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, LessThanOrEqual, Not, Repository, type EntityManager, type FindOptionsWhere } from 'typeorm';
import type { AlertQuery } from '../../protocol/alert';
import type { AlertSeverity } from '../../protocol/device-information';
import { within, type Reach } from '../customers/reach';
import { readPage, type Page } from '../database/page';
import { AgentEntity } from '../devices/agents/agent.entity';
import { DeviceEntity } from '../devices/device.entity';
import { AlertEntity } from './alert.entity';
import { DeliveryEntity } from './delivery/delivery.entity';
import type { AlertChange } from './rules/reconcile';

const STANDING = In(['waiting', 'open']);

/** A change, and what is to be sent about it. */
export interface AlertWork {
  readonly change: AlertChange;
  readonly deliveries: readonly DeliveryEntity[];
}

/** All SQL about alerts. */
@Injectable()
export class AlertsRepository {
  constructor(@InjectRepository(AlertEntity) private readonly alerts: Repository<AlertEntity>) {}

  /** Waiting and open alerts of these devices. */
  ofDevices(deviceIds: readonly string[]): Promise<AlertEntity[]> {
    return this.alerts.findBy({ deviceId: In([...deviceIds]), state: STANDING });
  }
  /** Open alerts of these agents, without those of their devices. */
  ofAgents(agentIds: readonly string[]): Promise<AlertEntity[]> {
    return this.alerts.findBy({ agentId: In([...agentIds]), deviceId: IsNull(), state: STANDING });
  }
  /** All open alerts of agents and of the server. */
  ofNoDevice(): Promise<AlertEntity[]> {
    return this.alerts.findBy({ deviceId: IsNull(), state: STANDING });
  }
  /** IDs of devices with an alert that is due. */
  async due(now: Date, limit: number): Promise<string[]> {
    const where = { state: 'waiting', dueAt: LessThanOrEqual(now) } as const;
    const found = await this.alerts.find({ where, order: { dueAt: 'ASC' }, take: limit });
    return found.flatMap(({ deviceId }) => deviceId ?? []);
  }
  /** Some waiting and open alerts whose device or agent has been removed. @param agentId undefined: of all agents */
  orphaned(agentId: string | undefined, limit: number): Promise<AlertEntity[]> {
    const missing = (entity: typeof DeviceEntity | typeof AgentEntity, name: string, column: string): string => {
      const rows = this.alerts.manager.createQueryBuilder(entity, name).select('1').where(`${name}.id = x.${column}`);
      return `(x.${column} IS NOT NULL AND NOT EXISTS (${rows.getQuery()}))`;
    };
    const query = this.alerts.createQueryBuilder('x').where({ state: STANDING, ...(agentId && { agentId }) });
    query.andWhere(`(${missing(DeviceEntity, 'd', 'deviceId')} OR ${missing(AgentEntity, 'a', 'agentId')})`);
    return query.limit(limit).getMany();
  }

  /**
   * Makes these changes, and stores what is to be sent about them, in one transaction. An alert that is resolved before it
   * was sent to a recipient is not sent to that one at all.
   */
  apply(work: readonly AlertWork[]): Promise<void> {
    return this.alerts.manager.transaction(async (manager) => {
      for (const { change, deliveries } of work) {
        if (!(await applied(manager, change))) continue;
        const unsent = 'event' in change && change.event === 'resolved' ? await dropUnsent(manager, change.alert) : [];
        const due = deliveries.filter(({ recipientKey }) => !unsent.includes(recipientKey));
        // copies: `insert` writes PostgreSQL's defaults into them, bigint as text
        for (const each of due) await manager.insert(DeliveryEntity, { ...each });
      }
    });
  }

  find(id: string): Promise<AlertEntity | null> {
    return this.alerts.findOneBy({ id, state: Not('waiting' as const) });
  }

  /** Newest first. */
  list(reach: Reach, query: AlertQuery): Promise<Page<AlertEntity>> {
    const { state, severity, rule, customerId, deviceId, acknowledged, ...page } = query;
    const where: FindOptionsWhere<AlertEntity> = {
      state: state === 'all' ? In(['open', 'resolved']) : state,
      ...(severity && { severity }),
      ...(rule && { rule }),
      ...(customerId && { customerId }),
      ...(deviceId && { deviceId }),
      ...(acknowledged && { acknowledgedAt: acknowledged === 'yes' ? Not(IsNull()) : IsNull() }),
    };
    const found = this.alerts.createQueryBuilder('x').where(where);
    const columns = { site: 'x.siteId', device: 'x.deviceId', requester: null };
    return readPage(within(found, reach, columns), ['raisedAt', 'id'], 'DESC', page);
  }

  /** Numbers of open alerts by customer, null for those of no customer, and severity. */
  async countOpen(reach: Reach): Promise<{ customerId: string | null; severity: AlertSeverity; count: number }[]> {
    const query = this.alerts.createQueryBuilder('x').where({ state: 'open' });
    within(query, reach, { site: 'x.siteId', device: 'x.deviceId', requester: null });
    query.select('x.customerId', 'customerId').addSelect('x.severity', 'severity').addSelect('COUNT(*)', 'count');
    query.groupBy('x.customerId').addGroupBy('x.severity');
    const rows = await query.getRawMany<{
      customerId: string | null;
      severity: AlertSeverity;
      count: string | number;
    }>();
    return rows.map((row) => ({ ...row, count: Number(row.count) }));
  }

  /** @returns false if it was acknowledged before */
  async acknowledge(id: string, acknowledgedBy: string, acknowledgedAt: Date): Promise<boolean> {
    const unacknowledged = { id, state: Not('waiting' as const), acknowledgedAt: IsNull() };
    return (await this.alerts.update(unacknowledged, { acknowledgedBy, acknowledgedAt })).affected === 1;
  }

  /** The alerts of an agent and its devices are where it is now. @returns the IDs of those that are open */
  async move(agentId: string, place: Pick<AlertEntity, 'siteId' | 'customerId'>): Promise<string[]> {
    await this.alerts.update({ agentId, state: STANDING }, place);
    const open = await this.alerts.find({ where: { agentId, state: 'open' }, select: { id: true } });
    return open.map(({ id }) => id);
  }
}

async function applied(manager: EntityManager, change: AlertChange): Promise<boolean> {
  if (change.do === 'insert') {
    await manager.insert(AlertEntity, { ...change.alert });
    return true;
  }
  if (change.do === 'delete')
    return (await manager.delete(AlertEntity, { id: change.id, state: 'waiting' })).affected === 1;
  const { alert, from, values } = change;
  return (await manager.update(AlertEntity, { id: alert.id, state: from }, values)).affected === 1;
}

/** @returns the recipients to whom the alert was to be sent, and is not */
async function dropUnsent(manager: EntityManager, { id }: AlertEntity): Promise<string[]> {
  const unsent = { alertId: id, state: 'pending', attempts: 0 } as const;
  const found = await manager.findBy(DeliveryEntity, unsent);
  if (found.length > 0)
    await manager.update(DeliveryEntity, unsent, { state: 'dropped', nextAttemptAt: null, settledAt: new Date() });
  return found.map(({ recipientKey }) => recipientKey);
}
