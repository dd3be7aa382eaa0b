import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { CampaignDevicesRepository } from '../../campaigns/campaign-devices.repository';
import { CampaignEvents } from '../../campaigns/campaign.lifecycle';
import { LiveClients } from '../live-clients';
import { CoalescingQueue } from './coalescing-queue';

/** Publishes the ID of each changed campaign to the consoles whose users see one of its sites. */
@Injectable()
export class CampaignPublisher implements OnModuleInit {
  private readonly changed: CoalescingQueue;

  constructor(
    private readonly clients: LiveClients,
    private readonly events: CampaignEvents,
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
    const sites = await this.devices.sites(id);
    this.clients.send({ type: 'campaign', id }, ...sites.map((siteId) => ({ siteId })));
  }
}
