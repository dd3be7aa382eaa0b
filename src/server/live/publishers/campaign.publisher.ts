import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { CampaignDevicesRepository } from '../../campaigns/campaign-devices.repository';
import { CampaignEvents } from '../../campaigns/campaign.lifecycle';
import { CampaignsRepository } from '../../campaigns/campaigns.repository';
import { LiveClients } from '../live-clients';
import { CoalescingQueue } from './coalescing-queue';

/** Publishes each changed campaign, without its numbers, to the consoles whose users see one of its sites. */
@Injectable()
export class CampaignPublisher implements OnModuleInit {
  private readonly changed: CoalescingQueue;

  constructor(
    private readonly clients: LiveClients,
    private readonly events: CampaignEvents,
    private readonly campaigns: CampaignsRepository,
    private readonly devices: CampaignDevicesRepository,
    journal: Journal,
  ) {
    this.changed = new CoalescingQueue(
      (id) => this.publish(id),
      (error) => journal.unexpected(error, 'publishing a campaign'),
    );
  }

  onModuleInit(): void {
    this.events.on('changed', (id) => {
      if (!this.clients.none) this.changed.add(id);
    });
  }

  private async publish(id: string): Promise<void> {
    const campaign = await this.campaigns.find(id);
    if (!campaign) return;
    const { name, state, reason, userId } = campaign;
    const sites = await this.devices.sites(id);
    this.clients.send({ type: 'campaign', id, name, state, reason, userId }, ...sites.map((siteId) => ({ siteId })));
  }
}
