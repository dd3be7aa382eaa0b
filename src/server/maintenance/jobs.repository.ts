import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, LessThanOrEqual, Not, Repository, type FindOptionsWhere } from 'typeorm';
import type { UpdateDecision } from '../../protocol/device-information';
import { OPEN_JOB_STATES, type JobState } from '../../protocol/maintenance';
import { SiteEntity } from '../customers/customer.entity';
import { within, type Reach } from '../customers/reach';
import { readPage, type Page, type PageQuery } from '../database/page';
import type { LifecycleRepository } from '../state-machine/lifecycle';
import { JobEntity } from './job.entity';

export interface JobFilter extends PageQuery {
  readonly state: 'open' | 'over' | 'all';
  readonly deviceId?: string;
  /** Who asked. */
  readonly userId?: string;
}

const OPEN = In([...OPEN_JOB_STATES]);

/** All SQL about maintenance jobs. */
@Injectable()
export class JobsRepository implements LifecycleRepository<JobEntity, JobState> {
  constructor(@InjectRepository(JobEntity) private readonly jobs: Repository<JobEntity>) {}

  async insert(job: JobEntity): Promise<void> {
    await this.jobs.insert({ ...job }); // a copy: PostgreSQL's defaults come back into it
  }

  async change(id: string, from: JobState, values: Partial<JobEntity>): Promise<boolean> {
    const { affected } = await this.jobs.update({ id, state: from }, values);
    return affected === 1;
  }

  /**
   * Claims a job that was never sent, in order to send or to cancel it.
   * @returns false if it was claimed before
   */
  async claim(id: string): Promise<boolean> {
    const { affected } = await this.jobs.update({ id, state: 'requested', askedAt: IsNull() }, { askedAt: new Date() });
    return affected === 1;
  }

  async storeDecision(id: string, decision: UpdateDecision): Promise<void> {
    await this.jobs.update({ id }, { decision });
  }

  find(id: string): Promise<JobEntity | null> {
    return this.jobs.findOneBy({ id });
  }
  among(ids: readonly string[]): Promise<JobEntity[]> {
    return this.jobs.findBy({ id: In([...ids]) });
  }
  /** In the order in which they were requested. */
  open(): Promise<JobEntity[]> {
    return this.jobs.find({ where: { state: OPEN }, order: { requestedAt: 'ASC', id: 'ASC' } });
  }
  due(now: Date): Promise<JobEntity[]> {
    return this.jobs.findBy({ state: OPEN, deadlineAt: LessThanOrEqual(now) });
  }
  async nextDeadline(): Promise<Date | undefined> {
    const where = { state: OPEN, deadlineAt: Not(IsNull()) };
    const first = await this.jobs.findOne({ where, order: { deadlineAt: 'ASC' } });
    return first?.deadlineAt ?? undefined;
  }
  openOf(agentId: string): Promise<JobEntity[]> {
    return this.jobs.findBy({ agentId, state: OPEN });
  }
  /** Those that wait for their agent. */
  requestedOf(agentId: string): Promise<JobEntity[]> {
    return this.jobs.findBy({ agentId, state: 'requested' });
  }
  openOfUser(userId: string): Promise<JobEntity[]> {
    return this.jobs.findBy({ userId, state: OPEN });
  }
  async markRevoked(ids: string[]): Promise<void> {
    await this.jobs.update({ id: In(ids) }, { revokedAt: new Date() });
  }
  countOpenOf(deviceId: string): Promise<number> {
    return this.jobs.countBy({ deviceId, state: OPEN });
  }
  /** Numbers of open jobs by customer, null for those at no site, and state. */
  async countOpen(reach: Reach): Promise<{ customerId: string | null; state: JobState; count: number }[]> {
    const query = this.jobs.createQueryBuilder('j').leftJoin(SiteEntity, 's', 's.id = j.siteId').where({ state: OPEN });
    within(query, reach, { site: 'j.siteId', device: 'j.deviceId', requester: 'j.userId' });
    query.select('s.customerId', 'customerId').addSelect('j.state', 'state').addSelect('COUNT(*)', 'count');
    query.groupBy('s.customerId').addGroupBy('j.state');
    const rows = await query.getRawMany<{ customerId: string | null; state: JobState; count: string | number }>();
    return rows.map((row) => ({ ...row, count: Number(row.count) }));
  }
  needsFirmware(firmwareId: string): Promise<boolean> {
    return this.jobs.existsBy({ firmwareId, state: OPEN });
  }

  /** Newest first. */
  list(reach: Reach, { state, deviceId, userId, ...page }: JobFilter): Promise<Page<JobEntity>> {
    const where: FindOptionsWhere<JobEntity> = {};
    if (state !== 'all') where.state = state === 'open' ? OPEN : Not(OPEN);
    if (deviceId) where.deviceId = deviceId;
    if (userId) where.userId = userId;
    const query = this.jobs.createQueryBuilder('j').where(where);
    const columns = { site: 'j.siteId', device: 'j.deviceId', requester: 'j.userId' };
    return readPage(within(query, reach, columns), ['requestedAt', 'id'], 'DESC', page);
  }
}
