import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Between, In, IsNull, LessThanOrEqual, Repository } from 'typeorm';
import type { Counters } from '../../../protocol/device-information';
import { within, type Reach } from '../../customers/reach';
import { CustomerEntity } from '../../customers/customer.entity';
import { held } from '../../customers/customers.repository';
import { DeviceEntity } from '../../devices/device.entity';
import { MeteredDeviceEntity } from '../metered-device.entity';
import { MeterJumpEntity, ReadingEntity } from '../reading.entity';
import { ReportMailEntity, ReportTemplateEntity } from './report.entities';

/** A reading with counters. */
export interface CountedReading {
  readonly at: Date;
  readonly counters: Counters;
  readonly enteredBy: string | null;
}

/** All SQL for meter reports, their templates and mails. */
@Injectable()
export class ReportsRepository {
  constructor(
    @InjectRepository(MeteredDeviceEntity) private readonly devices: Repository<MeteredDeviceEntity>,
    @InjectRepository(ReportTemplateEntity) private readonly templatesKept: Repository<ReportTemplateEntity>,
    @InjectRepository(ReportMailEntity) private readonly mailsKept: Repository<ReportMailEntity>,
  ) {}

  /** Metered devices that had begun before `to`, by device; at most `most`. */
  async metered(reach: Reach, customerId: string | undefined, to: Date, most: number): Promise<MeteredDeviceEntity[]> {
    const query = this.devices.createQueryBuilder('m').where('m.firstAt < :to', { to: to.getTime() });
    if (customerId) query.andWhere('m.customerId = :customerId', { customerId });
    within(query, reach, { site: 'm.siteId', device: 'm.deviceId', requester: null });
    return query.orderBy('m.deviceId').addOrderBy('m.id').take(most).getMany();
  }

  /** Of these, the IDs of those that are still read: the device exists, and none is there in its place. */
  async stillRead(devices: readonly MeteredDeviceEntity[]): Promise<Set<number>> {
    const deviceIds = [...new Set(devices.map(({ deviceId }) => deviceId))];
    const existing = await this.devices.manager.find(DeviceEntity, {
      where: { id: In(deviceIds) },
      select: { id: true },
    });
    const latest = new Map<string, MeteredDeviceEntity>();
    for (const each of await this.devices.find({ where: { deviceId: In(deviceIds) } })) {
      const known = latest.get(each.deviceId);
      if (!known || each.lastAt > known.lastAt) latest.set(each.deviceId, each);
    }
    return new Set(existing.flatMap(({ id }) => latest.get(id)?.id ?? []));
  }

  /** For each metered device, the nearest reading with counters: at the time or before it, or after it. */
  async nearest(ids: readonly number[], at: Date, side: 'before' | 'after'): Promise<Map<number, CountedReading>> {
    const nearest = this.devices.manager
      .createQueryBuilder(ReadingEntity, 'x')
      .select('x.at')
      .where(`x.meteredDeviceId = m.id AND x.at ${side === 'before' ? '<=' : '>'} :at AND x.counters IS NOT NULL`)
      .orderBy('x.at', side === 'before' ? 'DESC' : 'ASC')
      .limit(1);
    const rows = await this.devices
      .createQueryBuilder('m')
      .innerJoin(ReadingEntity, 'r', `r.meteredDeviceId = m.id AND r.at = (${nearest.getQuery()})`)
      .select('m.id', 'id')
      .addSelect('r.at', 'at')
      .addSelect('r.counters', 'counters')
      .addSelect('r.enteredBy', 'enteredBy')
      .where('m.id IN (:...ids)', { ids: [...ids] })
      .setParameters({ at: at.getTime() })
      .getRawMany<{ id: number; at: string | number; counters: string; enteredBy: string | null }>();
    return new Map(
      rows.map(({ id, at: when, counters, enteredBy }) => [
        Number(id),
        { at: new Date(Number(when)), counters: JSON.parse(counters) as Counters, enteredBy },
      ]),
    );
  }

  async jumps(ids: readonly number[], from: Date, to: Date): Promise<MeterJumpEntity[]> {
    return this.devices.manager.find(MeterJumpEntity, {
      where: { meteredDeviceId: In([...ids]), at: Between(from, to) },
    });
  }

  // ---- templates

  templates(): Promise<ReportTemplateEntity[]> {
    return this.templatesKept.find({ order: { name: 'ASC' } });
  }
  template(id: string): Promise<ReportTemplateEntity | null> {
    return this.templatesKept.findOneBy({ id });
  }
  /** Adds a template, or replaces it. @returns false if another one has the name */
  async saveTemplate(template: ReportTemplateEntity): Promise<boolean> {
    try {
      await this.templatesKept.upsert(template, ['id']);
      return true;
    } catch (error) {
      const other = await this.templatesKept.findOneBy({ name: template.name });
      if (other && other.id !== template.id) return false;
      throw error;
    }
  }
  /** Mails with the template are sent without one. @returns false if there is no such template */
  removeTemplate(id: string): Promise<boolean> {
    return this.templatesKept.manager.transaction(async (manager) => {
      await manager.update(ReportMailEntity, { templateId: id }, { templateId: null });
      return (await manager.delete(ReportTemplateEntity, { id })).affected === 1;
    });
  }

  // ---- mails

  mails(customerIds: readonly string[]): Promise<ReportMailEntity[]> {
    return this.mailsKept.find({ where: { customerId: In([...customerIds]) }, order: { to: 'ASC', id: 'ASC' } });
  }
  mail(id: string): Promise<ReportMailEntity | null> {
    return this.mailsKept.findOneBy({ id });
  }
  countMails(): Promise<number> {
    return this.mailsKept.count();
  }
  /** @returns false if the customer has been removed */
  addMail(mail: ReportMailEntity): Promise<boolean> {
    return this.mailsKept.manager.transaction(async (manager) => {
      if (!(await held(manager, CustomerEntity, mail.customerId))) return false;
      await manager.insert(ReportMailEntity, mail);
      return true;
    });
  }
  async removeMail(id: string): Promise<void> {
    await this.mailsKept.delete({ id });
  }
  /** Claims the mail that has been due for longest, and counts the attempt. */
  async claimMail(now: Date): Promise<ReportMailEntity | undefined> {
    for (;;) {
      const due = await this.mailsKept.findOne({
        where: { claimedAt: IsNull(), nextAt: LessThanOrEqual(now) },
        order: { nextAt: 'ASC' },
      });
      if (!due) return undefined;
      const claim = { claimedAt: now, attempts: due.attempts + 1 };
      const { affected } = await this.mailsKept.update({ id: due.id, claimedAt: IsNull() }, claim);
      if (affected === 1) return { ...due, ...claim };
    }
  }
  async nextMailDue(): Promise<Date | undefined> {
    const [first] = await this.mailsKept.find({ where: { claimedAt: IsNull() }, order: { nextAt: 'ASC' }, take: 1 });
    return first?.nextAt;
  }
  /** Mails that were claimed by then are due again. */
  async releaseMails(before: Date): Promise<void> {
    await this.mailsKept.update({ claimedAt: LessThanOrEqual(before) }, { claimedAt: null });
  }
  async settleMail(
    id: string,
    outcome: Pick<ReportMailEntity, 'nextAt' | 'month' | 'attempts' | 'problem'> & { sentAt?: Date },
  ): Promise<void> {
    await this.mailsKept.update({ id }, { ...outcome, claimedAt: null });
  }
}
