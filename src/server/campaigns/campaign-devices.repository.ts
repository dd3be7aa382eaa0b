import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, IsNull, LessThanOrEqual, MoreThanOrEqual, Repository } from 'typeorm';
import type { CampaignDeviceQuery, CampaignDeviceState } from '../../protocol/campaign';
import { within, type Reach } from '../customers/reach';
import { readPage, type Page } from '../database/page';
import { CampaignDeviceEntity } from './campaign-device.entity';
import { attentionOf } from './device-outcome';

/** How many devices of a campaign are in a state, by wave. */
export interface CountedDevices {
  readonly campaignId: string;
  readonly wave: number;
  readonly state: CampaignDeviceState;
  readonly devices: number;
}
/** Devices of one agent that wait for their job. */
export interface WaitingDevices {
  readonly agentId: string;
  readonly customerId: string | null;
  readonly wave: number;
  readonly devices: number;
}

const COLUMNS = { site: 'd.siteId', device: 'd.deviceId', requester: null } as const;

/** All SQL about the devices of campaigns. */
@Injectable()
export class CampaignDevicesRepository {
  constructor(@InjectRepository(CampaignDeviceEntity) private readonly devices: Repository<CampaignDeviceEntity>) {}

  /** The only way in which the state of a device changes. @returns false if it was no longer in `from` */
  async change(id: string, from: CampaignDeviceState, values: Partial<CampaignDeviceEntity>): Promise<boolean> {
    const { affected } = await this.devices.update({ id, state: from }, values);
    return affected === 1;
  }
  /** All devices that wait, up to a wave. @returns how many */
  async changeWaiting(campaignId: string, upToWave: number, values: Partial<CampaignDeviceEntity>): Promise<number> {
    const where = { campaignId, state: 'waiting', wave: LessThanOrEqual(upToWave) } as const;
    return (await this.devices.update(where, values)).affected ?? 0;
  }

  /** Ends those that still have a job. */
  async giveUp(campaignId: string, endedAt: Date): Promise<void> {
    const values = { failure: 'agent-silent', hold: null, updatedDevice: null, endedAt } as const;
    await this.devices.update(
      { campaignId, state: 'running' },
      { ...values, state: 'failed', attention: attentionOf('failed') },
    );
  }

  running(campaignId: string): Promise<CampaignDeviceEntity[]> {
    return this.devices.findBy({ campaignId, state: 'running' });
  }
  /** Devices whose job is sent or carried out. */
  countUnheld(campaignId: string): Promise<number> {
    return this.devices.countBy({ campaignId, state: 'running', hold: IsNull() });
  }
  countRunning(campaignId: string): Promise<number> {
    return this.devices.countBy({ campaignId, state: 'running' });
  }
  /** Those of a wave, in order. */
  waiting(campaignId: string, wave: number): Promise<CampaignDeviceEntity[]> {
    return this.devices.find({ where: { campaignId, state: 'waiting', wave }, order: { position: 'ASC' } });
  }
  hasOpen(campaignId: string, wave: number): Promise<boolean> {
    return this.devices.existsBy({ campaignId, wave, state: In(['waiting', 'running']) });
  }
  countEnded(campaignId: string, state: 'succeeded' | 'failed', since: Date): Promise<number> {
    return this.devices.countBy({ campaignId, state, endedAt: MoreThanOrEqual(since) });
  }
  /** Of these devices: those that some campaign updates now, and the keys of firmware that was installed. */
  async taken(
    deviceIds: readonly string[],
    installed: readonly string[],
  ): Promise<{ updated: string[]; installed: string[] }> {
    const found = await this.devices.find({
      where: [{ updatedDevice: In([...deviceIds]) }, { installed: In([...installed]) }],
      select: { id: true, updatedDevice: true, installed: true },
    });
    return {
      updated: found.flatMap((each) => each.updatedDevice ?? []),
      installed: found.flatMap((each) => each.installed ?? []),
    };
  }

  async counts(campaignIds: readonly string[], reach: Reach): Promise<CountedDevices[]> {
    if (campaignIds.length === 0) return [];
    const query = this.devices.createQueryBuilder('d').where({ campaignId: In([...campaignIds]) });
    const rows = await within(query, reach, COLUMNS)
      .select('d.campaignId', 'campaignId')
      .addSelect('d.wave', 'wave')
      .addSelect('d.state', 'state')
      .addSelect('COUNT(*)', 'devices')
      .groupBy('d.campaignId')
      .addGroupBy('d.wave')
      .addGroupBy('d.state')
      .getRawMany<Omit<CountedDevices, 'devices'> & { devices: string | number }>();
    return rows.map((row) => ({ ...row, devices: Number(row.devices) }));
  }
  async countHolds(
    campaignId: string,
    reach: Reach,
  ): Promise<{ hold: NonNullable<CampaignDeviceEntity['hold']>; devices: number }[]> {
    const query = this.devices.createQueryBuilder('d').where({ campaignId, state: 'running' });
    const rows = await within(query, reach, COLUMNS)
      .andWhere('d.hold IS NOT NULL')
      .select('d.hold', 'hold')
      .addSelect('COUNT(*)', 'devices')
      .groupBy('d.hold')
      .getRawMany<{ hold: NonNullable<CampaignDeviceEntity['hold']>; devices: string | number }>();
    return rows.map((row) => ({ ...row, devices: Number(row.devices) }));
  }
  async countWaiting(campaignId: string, reach: Reach): Promise<WaitingDevices[]> {
    const query = this.devices.createQueryBuilder('d').where({ campaignId, state: 'waiting' });
    const rows = await within(query, reach, COLUMNS)
      .select('d.agentId', 'agentId')
      .addSelect('d.customerId', 'customerId')
      .addSelect('d.wave', 'wave')
      .addSelect('COUNT(*)', 'devices')
      .groupBy('d.agentId')
      .addGroupBy('d.customerId')
      .addGroupBy('d.wave')
      .getRawMany<Omit<WaitingDevices, 'devices'> & { devices: string | number }>();
    return rows.map((row) => ({ ...row, devices: Number(row.devices) }));
  }
  /** Whether all devices of a campaign, or some, are within reach. */
  async extent(campaignId: string, reach: Reach): Promise<'all' | 'some' | 'none'> {
    const query = this.devices.createQueryBuilder('d').where({ campaignId });
    const [all, seen] = await Promise.all([
      this.devices.countBy({ campaignId }),
      within(query, reach, COLUMNS).getCount(),
    ]);
    return seen === 0 ? 'none' : seen === all ? 'all' : 'some';
  }
  /** The sites of the devices of a campaign. */
  async sites(campaignId: string): Promise<(string | null)[]> {
    const query = this.devices.createQueryBuilder('d').where({ campaignId }).select('DISTINCT d.siteId', 'siteId');
    return (await query.getRawMany<{ siteId: string | null }>()).map(({ siteId }) => siteId);
  }

  /** What needs someone first. */
  page(campaignId: string, reach: Reach, { state, ...page }: CampaignDeviceQuery): Promise<Page<CampaignDeviceEntity>> {
    const query = this.devices.createQueryBuilder('d').where({ campaignId, ...(state && { state }) });
    return readPage(within(query, reach, COLUMNS), ['attention', 'position'], 'ASC', page);
  }
}
