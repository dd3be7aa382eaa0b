import { Injectable } from '@nestjs/common';
import type { CampaignPlan, CampaignQuery, NewCampaign } from '../../protocol/campaign';
import { LIMITS } from '../../protocol/limits';
import type { Actor } from '../auth/actor';
import { AuditService } from '../auth/audit/audit.service';
import { CustomersService } from '../customers/customers.service';
import type { Page } from '../database/page';
import { CampaignDevicesRepository } from './campaign-devices.repository';
import { CampaignDrafts } from './campaign-drafts';
import type { CampaignEntity } from './campaign.entity';
import { CampaignLifecycle, type CampaignDetails } from './campaign.lifecycle';
import type { CampaignInput } from './campaign.machine';
import {
  CampaignBeyondReach,
  NoDeviceLeft,
  TooManyCampaigns,
  UnknownCampaign,
  WrongCampaignState,
} from './campaigns.errors';
import { CampaignsRepository } from './campaigns.repository';

/** Campaigns as users start and control them. */
@Injectable()
export class CampaignsService {
  /** Campaigns are planned and inserted one at a time, so that two do not take the same device. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly repository: CampaignsRepository,
    private readonly devices: CampaignDevicesRepository,
    private readonly drafts: CampaignDrafts,
    private readonly lifecycle: CampaignLifecycle,
    private readonly customers: CustomersService,
    private readonly audit: AuditService,
  ) {}

  async list(actor: Actor, query: CampaignQuery): Promise<Page<CampaignEntity>> {
    return this.repository.list(await this.customers.reachOf(actor), query);
  }

  /** @throws UnknownCampaign, also for one without a device within reach of the actor */
  async get(actor: Actor, id: string): Promise<CampaignEntity> {
    const campaign = await this.repository.find(id);
    if (!campaign || (await this.extent(actor, id)) === 'none') throw new UnknownCampaign();
    return campaign;
  }

  async plan(actor: Actor, wanted: NewCampaign): Promise<CampaignPlan> {
    return (await this.drafts.of(actor, wanted)).plan;
  }

  /**
   * @throws TooManyCampaigns; NoDeviceLeft if every device would be skipped
   * @throws what `CampaignDrafts` does
   */
  async start(actor: Actor, wanted: NewCampaign): Promise<CampaignEntity> {
    const started = this.last.then(() => this.insert(actor, wanted));
    this.last = started.catch(() => undefined);
    const campaign = await started;
    const { id, name, operation, firmwareName, settings } = campaign;
    const what = firmwareName ?? Object.keys(settings ?? {}).join(' ');
    await this.audit.record(actor, 'campaign.created', id, `${name}: ${operation} ${what}`.trim());
    this.lifecycle.start(campaign);
    return campaign;
  }

  pause(actor: Actor, id: string): Promise<CampaignEntity> {
    return this.control(actor, id, 'pause', 'campaign.paused');
  }
  /** If the user that it belongs to may no longer start its jobs, it belongs to the actor from now on. */
  async resume(actor: Actor, id: string): Promise<CampaignEntity> {
    const { reason } = await this.get(actor, id);
    const { userId, displayName: userName, apiTokenId = null } = actor;
    const taken = reason === 'access-ended' ? { userId, userName, apiTokenId } : {};
    const values = { countedFrom: new Date(), waveBeganAt: null, ...taken };
    return this.control(actor, id, 'resume', 'campaign.resumed', { values });
  }
  abort(actor: Actor, id: string): Promise<CampaignEntity> {
    return this.control(actor, id, 'abort', 'campaign.aborted');
  }

  /** @throws UnknownCampaign, CampaignBeyondReach, WrongCampaignState */
  private async control(
    actor: Actor,
    id: string,
    input: CampaignInput,
    action: 'campaign.paused' | 'campaign.resumed' | 'campaign.aborted',
    details: CampaignDetails = {},
  ): Promise<CampaignEntity> {
    const { state, name } = await this.get(actor, id);
    if ((await this.extent(actor, id)) !== 'all') throw new CampaignBeyondReach();
    const changed = await this.lifecycle.apply(id, input, details);
    if (!changed) throw new WrongCampaignState(state, action.replace('campaign.', ''));
    await this.audit.record(actor, action, id, name);
    return changed;
  }

  private async insert(actor: Actor, wanted: NewCampaign): Promise<CampaignEntity> {
    if ((await this.repository.countOpen()) >= LIMITS.CAMPAIGNS_OPEN) throw new TooManyCampaigns();
    const { campaign, devices, plan } = await this.drafts.of(actor, wanted);
    if (plan.waves.length === 0)
      throw new NoDeviceLeft(plan.skipped.map(({ reason, devices: count }) => `${count}: ${reason}`).join(', '));
    await this.repository.insert(campaign, devices);
    return campaign;
  }

  private async extent(actor: Actor, id: string): Promise<'all' | 'some' | 'none'> {
    return this.devices.extent(id, await this.customers.reachOf(actor));
  }
}
