import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, LessThanOrEqual, Not, Repository, type FindOptionsWhere } from 'typeorm';
import type { DeliveryQuery } from '../../../protocol/webhook';
import { readPage, type Page } from '../../database/page';
import { DeliveryEntity } from './delivery.entity';

export type Outcome = Pick<DeliveryEntity, 'state' | 'nextAttemptAt' | 'error'>;

const waiting = { state: 'pending', claimedAt: IsNull() } as const;
const without = (recipients: readonly string[]): FindOptionsWhere<DeliveryEntity> =>
  recipients.length > 0 ? { recipientKey: Not(In([...recipients])) } : {};

/** The outbox: which deliveries are due, which are being sent, and which were sent. */
@Injectable()
export class DeliveriesRepository {
  constructor(@InjectRepository(DeliveryEntity) private readonly deliveries: Repository<DeliveryEntity>) {}

  /**
   * Claims the delivery that has been due for longest, and counts the attempt.
   * @param except recipients to whom something is being sent: a slow one does not occupy all connections
   */
  async claimNext(now: Date, except: readonly string[]): Promise<DeliveryEntity | undefined> {
    for (;;) {
      const due = await this.deliveries.findOne({
        where: { ...waiting, ...without(except), nextAttemptAt: LessThanOrEqual(now) },
        order: { nextAttemptAt: 'ASC' },
      });
      if (!due) return undefined;
      const claim = { claimedAt: now, attempts: due.attempts + 1 };
      const { affected } = await this.deliveries.update({ id: due.id, ...waiting }, claim);
      if (affected === 1) return { ...due, ...claim };
    }
  }

  /** @param except as for `claimNext` */
  async nextDue(except: readonly string[]): Promise<Date | undefined> {
    const first = await this.deliveries.findOne({
      where: { ...waiting, ...without(except), nextAttemptAt: Not(IsNull()) },
      order: { nextAttemptAt: 'ASC' },
    });
    return first?.nextAttemptAt ?? undefined;
  }

  /** Stores the outcome of an attempt. */
  async settle(id: string, outcome: Outcome): Promise<void> {
    const settledAt = outcome.state === 'pending' ? null : new Date();
    await this.deliveries.update({ id }, { ...outcome, settledAt, claimedAt: null });
  }
  /** The attempt is not made now, and does not count. */
  async postpone({ id, attempts }: DeliveryEntity, nextAttemptAt: Date): Promise<void> {
    await this.deliveries.update({ id }, { nextAttemptAt, attempts: attempts - 1, claimedAt: null });
  }
  /** Deliveries that were claimed by then are due again. */
  async releaseClaims(before: Date): Promise<void> {
    await this.deliveries.update({ state: 'pending', claimedAt: LessThanOrEqual(before) }, { claimedAt: null });
  }

  find(id: string): Promise<DeliveryEntity | null> {
    return this.deliveries.findOneBy({ id });
  }
  /** Newest first. */
  list({ state, webhookId, alertId, ...page }: DeliveryQuery): Promise<Page<DeliveryEntity>> {
    const where: FindOptionsWhere<DeliveryEntity> = {
      ...(state && { state }),
      ...(webhookId && { webhookId }),
      ...(alertId && { alertId }),
    };
    return readPage(this.deliveries.createQueryBuilder('y').where(where), ['at', 'id'], 'DESC', page);
  }

  /** Sends a settled one again. @returns false if it is pending, or there is none */
  async repeat(id: string, now: Date): Promise<boolean> {
    const again = { state: 'pending', attempts: 0, nextAttemptAt: now, settledAt: null } as const;
    return (await this.deliveries.update({ id, state: Not('pending' as const) }, again)).affected === 1;
  }
  /** Replaces the earlier tests of a webhook, so that tests do not accumulate. */
  async addTest(delivery: DeliveryEntity): Promise<void> {
    await this.deliveries.manager.transaction(async (manager) => {
      const { webhookId } = delivery;
      await manager.delete(DeliveryEntity, {
        webhookId: webhookId ?? '',
        event: 'test',
        state: Not('pending' as const),
      });
      await manager.insert(DeliveryEntity, { ...delivery });
    });
  }
  /** Nothing more is sent to a webhook that is removed. */
  async dropPending(webhookId: string): Promise<void> {
    const dropped = { state: 'dropped', nextAttemptAt: null, settledAt: new Date() } as const;
    await this.deliveries.update({ webhookId, state: 'pending', claimedAt: IsNull() }, dropped);
  }
}
