import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, LessThanOrEqual, Not, Repository } from 'typeorm';
import { OPEN_CAMPAIGN_STATES, type CampaignQuery, type CampaignState } from '../../protocol/campaign';
import { within, type Reach } from '../customers/reach';
import { readPage, type Page } from '../database/page';
import type { LifecycleRepository } from '../state-machine/lifecycle';
import { CampaignDeviceEntity } from './campaign-device.entity';
import { CampaignEntity } from './campaign.entity';

const OPEN = In([...OPEN_CAMPAIGN_STATES]);
/** Rows of one statement: PostgreSQL takes 65,535 parameters, SQLite 32,766. */
const ROWS_PER_INSERT = 200;

/** All SQL about campaigns; that about their devices is in `CampaignDevicesRepository`. */
@Injectable()
export class CampaignsRepository implements LifecycleRepository<CampaignEntity, CampaignState> {
  constructor(@InjectRepository(CampaignEntity) private readonly campaigns: Repository<CampaignEntity>) {}

  /** A campaign with all its devices, or nothing. */
  insert(campaign: CampaignEntity, devices: readonly CampaignDeviceEntity[]): Promise<void> {
    return this.campaigns.manager.transaction(async (manager) => {
      await manager.insert(CampaignEntity, { ...campaign }); // a copy: PostgreSQL's defaults come back into it
      for (let first = 0; first < devices.length; first += ROWS_PER_INSERT)
        await manager.insert(
          CampaignDeviceEntity,
          devices.slice(first, first + ROWS_PER_INSERT).map((device) => ({ ...device })),
        );
    });
  }

  async change(id: string, from: CampaignState, values: Partial<CampaignEntity>): Promise<boolean> {
    const { affected } = await this.campaigns.update({ id, state: from }, values);
    return affected === 1;
  }
  /** Begins the turn of a wave. @returns false if the campaign does not run, or is at another wave */
  async changeWave(id: string, from: number, values: { wave?: number; waveBeganAt: Date | null }): Promise<boolean> {
    const { affected } = await this.campaigns.update({ id, state: 'running', wave: from }, values);
    return affected === 1;
  }

  find(id: string): Promise<CampaignEntity | null> {
    return this.campaigns.findOneBy({ id });
  }
  open(): Promise<CampaignEntity[]> {
    return this.campaigns.findBy({ state: OPEN });
  }
  countOpen(): Promise<number> {
    return this.campaigns.countBy({ state: OPEN });
  }
  due(now: Date): Promise<CampaignEntity[]> {
    return this.campaigns.findBy({ state: OPEN, deadlineAt: LessThanOrEqual(now) });
  }
  async nextDeadline(): Promise<Date | undefined> {
    const where = { state: OPEN, deadlineAt: Not(IsNull()) };
    const first = await this.campaigns.findOne({ where, order: { deadlineAt: 'ASC' } });
    return first?.deadlineAt ?? undefined;
  }
  needsFirmware(firmwareId: string): Promise<boolean> {
    return this.campaigns.existsBy({ firmwareId, state: OPEN });
  }

  /** Newest first; those with a device within reach. */
  list(reach: Reach, { state, ...page }: CampaignQuery): Promise<Page<CampaignEntity>> {
    const query = this.campaigns.createQueryBuilder('c');
    if (state !== 'all') query.where({ state: state === 'open' ? OPEN : Not(OPEN) });
    if (reach.sites || reach.devices) {
      const devices = query.subQuery().select('1').from(CampaignDeviceEntity, 'd').where('d.campaignId = c.id');
      within(devices, reach, { site: 'd.siteId', device: 'd.deviceId', requester: null });
      query.andWhere(`EXISTS ${devices.getQuery()}`).setParameters(devices.getParameters());
    }
    return readPage(query, ['createdAt', 'id'], 'DESC', page);
  }
}
