import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, Not, Repository, type FindOptionsWhere } from 'typeorm';
import { OPEN_JOB_STATES, type JobState } from '../../protocol/maintenance';
import type { Page } from '../database/page';
import { JobEntity } from './job.entity';

export interface JobFilter {
  readonly state: 'open' | 'over' | 'all';
  readonly deviceId?: string;
  /** ID of the last job of the page before. */
  readonly cursor?: string;
  readonly limit: number;
}

const OPEN = In([...OPEN_JOB_STATES]);

/** All SQL about maintenance jobs. */
@Injectable()
export class JobsRepository {
  constructor(@InjectRepository(JobEntity) private readonly jobs: Repository<JobEntity>) {}

  async insert(job: JobEntity): Promise<void> {
    await this.jobs.insert({ ...job }); // a copy: PostgreSQL's defaults come back into it
  }

  /** @returns false when the job was not in `from` any more */
  async change(id: string, from: JobState, values: Partial<JobEntity>): Promise<boolean> {
    const { affected } = await this.jobs.update({ id, state: from }, values);
    return affected === 1;
  }

  /**
   * Claims a job that has never been sent, in order to send or to withdraw it.
   * @returns false when another was faster
   */
  async claim(id: string): Promise<boolean> {
    const { affected } = await this.jobs.update({ id, state: 'requested', askedAt: IsNull() }, { askedAt: new Date() });
    return affected === 1;
  }

  find(id: string): Promise<JobEntity | null> {
    return this.jobs.findOneBy({ id });
  }
  /** In the order in which they were requested. */
  open(): Promise<JobEntity[]> {
    return this.jobs.find({ where: { state: OPEN }, order: { requestedAt: 'ASC', id: 'ASC' } });
  }
  openOf(agentId: string): Promise<JobEntity[]> {
    return this.jobs.findBy({ agentId, state: OPEN });
  }
  countOpenOf(deviceId: string): Promise<number> {
    return this.jobs.countBy({ deviceId, state: OPEN });
  }
  needsFirmware(firmwareId: string): Promise<boolean> {
    return this.jobs.existsBy({ firmwareId, state: OPEN });
  }

  /** Newest first. */
  async list({ state, deviceId, cursor, limit }: JobFilter): Promise<Page<JobEntity>> {
    const where: FindOptionsWhere<JobEntity> = {};
    if (state !== 'all') where.state = state === 'open' ? OPEN : Not(OPEN);
    if (deviceId) where.deviceId = deviceId;
    const last = cursor ? await this.find(cursor) : null;
    if (cursor && !last) return { rows: [], next: null };
    const query = this.jobs.createQueryBuilder('j').where(where);
    if (last) {
      query.andWhere('(j.requestedAt < :at OR (j.requestedAt = :at AND j.id < :id))', {
        at: last.requestedAt.getTime(),
        id: last.id,
      });
    }
    const found = await query
      .orderBy('j.requestedAt', 'DESC')
      .addOrderBy('j.id', 'DESC')
      .take(limit + 1)
      .getMany();
    const rows = found.slice(0, limit);
    return { rows, next: found.length > limit ? rows.at(-1)!.id : null };
  }
}
