import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, LessThanOrEqual, Not, Repository, type EntityManager, type FindOptionsWhere } from 'typeorm';
import { LIMITS } from '../../../protocol/limits';
import type { DeliveryQuery } from '../../../protocol/webhook';
import { readPage, type Page } from '../../database/page';
import { DeliveryEntity } from './delivery.entity';

export type Outcome = Pick<DeliveryEntity, 'state' | 'nextAttemptAt' | 'error'>;

const waiting = { state: 'pending', claimedAt: IsNull() } as const;
const without = (recipients: readonly string[]): FindOptionsWhere<DeliveryEntity> =>
  recipients.length > 0 ? { recipientKey: Not(In([...recipients])) } : {};

/** What is sent in the same mail: what was in it at its first attempt or, at that, all that is due to its recipient. */
function sameMail({ id, webhookId, recipientKey, mailId, attempts }: DeliveryEntity, now: Date) {
  if (mailId !== null) return { ...waiting, mailId };
  if (webhookId !== null || attempts > 0) return { ...waiting, id };
  const first = { attempts: 0, mailId: IsNull(), nextAttemptAt: LessThanOrEqual(now) };
  return { ...waiting, ...first, recipientKey, webhookId: IsNull() };
}

/** The outbox: which deliveries are due, which are being sent, and which were sent. */
@Injectable()
export class DeliveriesRepository {
  constructor(@InjectRepository(DeliveryEntity) private readonly deliveries: Repository<DeliveryEntity>) {}

  /**
   * Claims the delivery that has been due for longest, and counts the attempt. A mail takes with it what else is due to its
   * recipient; on a later attempt, it is the same mail with the same content.
   * @param except recipients to whom something is being sent
   * @returns all of one recipient; of a webhook, one
   */
  async claimNext(now: Date, except: readonly string[]): Promise<DeliveryEntity[] | undefined> {
    for (;;) {
      const due = await this.deliveries.findOne({
        where: { ...waiting, ...without(except), nextAttemptAt: LessThanOrEqual(now) },
        order: { nextAttemptAt: 'ASC' },
      });
      if (!due) return undefined;
      const claimed = await this.deliveries.manager.transaction((manager) => claim(manager, due, now));
      if (claimed.length > 0) return claimed;
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
  async settle(attempted: readonly Pick<DeliveryEntity, 'id'>[], outcome: Outcome): Promise<void> {
    const settledAt = outcome.state === 'pending' ? null : new Date();
    const ids = attempted.map(({ id }) => id);
    await this.deliveries.update({ id: In(ids) }, { ...outcome, settledAt, claimedAt: null });
  }
  /** The attempt is not made now, and does not count. */
  async postpone({ id, attempts }: DeliveryEntity, nextAttemptAt: Date): Promise<void> {
    const postponed = { nextAttemptAt, attempts: attempts - 1, claimedAt: null };
    await this.deliveries.update({ id }, { ...postponed, ...(attempts === 1 && { mailId: null }) });
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
    const again = { state: 'pending', attempts: 0, nextAttemptAt: now, settledAt: null, mailId: null } as const;
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

async function claim(manager: EntityManager, due: DeliveryEntity, now: Date): Promise<DeliveryEntity[]> {
  const order = { nextAttemptAt: 'ASC', id: 'ASC' } as const;
  const others = await manager.find(DeliveryEntity, { where: sameMail(due, now), order, take: LIMITS.ALERTS_PER_MAIL });
  const all = new Set([due.id, ...others.map(({ id }) => id)]);
  const ids = In([...all].slice(0, LIMITS.ALERTS_PER_MAIL));
  const mailId = due.mailId ?? (all.size > 1 ? randomUUID() : null);
  await manager.increment(DeliveryEntity, { id: ids, ...waiting }, 'attempts', 1);
  await manager.update(DeliveryEntity, { id: ids, ...waiting }, { claimedAt: now, mailId });
  const claimed = { id: ids, state: 'pending', claimedAt: now } as const;
  return manager.find(DeliveryEntity, { where: claimed, order: { at: 'ASC', id: 'ASC' } });
}
