import { Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import type { CampaignReason, CampaignState } from '../../protocol/campaign';
import { LIMITS } from '../../protocol/limits';
import { TypedEvents } from '../events/typed-events';
import { Lifecycle } from '../state-machine/lifecycle';
import type { CampaignEntity } from './campaign.entity';
import {
  CAMPAIGN_MACHINE,
  isOver,
  type CampaignInput,
  type CampaignOutput,
  type CampaignTransition,
  type CampaignWaitOf,
} from './campaign.machine';
import { UnknownCampaign } from './campaigns.errors';
import { CampaignsRepository } from './campaigns.repository';

/** `changed`: a campaign, or one of its devices, was changed; the payload is the ID of the campaign. */
@Injectable()
export class CampaignEvents extends TypedEvents<{ changed: string }> {}

/** What an input brings. */
export interface CampaignDetails {
  readonly from?: CampaignState;
  readonly reason?: CampaignReason;
  readonly detail?: string;
  readonly values?: Partial<CampaignEntity>;
}

const DAY_MS = 24 * 60 * 60_000;

export const endOf = ({ startsAt }: CampaignEntity): Date =>
  new Date(startsAt.getTime() + LIMITS.CAMPAIGN_DAYS * DAY_MS);

/** The only writer of a campaign's state. */
@Injectable()
export class CampaignLifecycle extends Lifecycle<
  CampaignState,
  CampaignInput,
  CampaignOutput,
  CampaignWaitOf,
  CampaignTransition,
  CampaignEntity,
  CampaignDetails
> {
  private advance!: (id: string) => void;

  constructor(
    repository: CampaignsRepository,
    private readonly events: CampaignEvents,
    journal: Journal,
  ) {
    super(CAMPAIGN_MACHINE, repository, journal);
  }

  /** Call this in `onModuleInit`. What advances a campaign applies inputs here, so it cannot be injected. */
  register(advance: (id: string) => void): void {
    this.advance = advance;
  }

  protected valuesFor(
    campaign: CampaignEntity,
    { to, reason }: CampaignTransition,
    { values, reason: own, detail = '' }: CampaignDetails,
  ): Partial<CampaignEntity> {
    return {
      ...values,
      reason: own ?? (reason === undefined ? campaign.reason : reason),
      detail: to === 'aborted' ? campaign.detail : detail,
      ...(isOver(to) && { endedAt: new Date() }),
    };
  }

  protected deadlineAfter(wait: CampaignWaitOf, campaign: CampaignEntity, now: Date): Date {
    switch (wait) {
      case 'start':
        return campaign.startsAt;
      case 'end':
        return endOf(campaign);
      case 'jobs':
        return new Date(now.getTime() + LIMITS.JOB_WAIT_MINUTES * 60_000 + 2 * LIMITS.JOB_SILENT_MS);
    }
  }

  protected publish(campaign: CampaignEntity): void {
    const { id, state, reason, detail } = campaign;
    this.journal.info('campaign', { campaignId: id, state, reason, detail });
    this.events.publish('changed', id);
  }

  protected carryOut(_output: CampaignOutput, { id }: CampaignEntity): Promise<void> {
    this.advance(id);
    return Promise.resolve();
  }

  protected unknown(): Error {
    return new UnknownCampaign();
  }

  protected resume(campaign: CampaignEntity): Promise<void> {
    this.enter(campaign);
    return Promise.resolve();
  }
}
