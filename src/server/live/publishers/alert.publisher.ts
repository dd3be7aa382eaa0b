import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { AlertEvents } from '../../alerts/alert-events';
import { AlertViews } from '../../alerts/alert-views';
import { AlertsRepository } from '../../alerts/alerts.repository';
import { placeOf } from '../../alerts/alerts.service';
import { LiveClients } from '../live-clients';
import { CoalescingQueue } from './coalescing-queue';

/** Publishes each changed alert to the consoles whose users see it. */
@Injectable()
export class AlertPublisher implements OnModuleInit {
  private readonly changed: CoalescingQueue;

  constructor(
    private readonly clients: LiveClients,
    private readonly events: AlertEvents,
    private readonly alerts: AlertsRepository,
    private readonly views: AlertViews,
    journal: Journal,
  ) {
    this.changed = new CoalescingQueue(
      (id) => this.publish(id),
      (error) => journal.unexpected(error, 'publishing an alert'),
    );
  }

  onModuleInit(): void {
    this.events.on('changed', (id) => {
      if (!this.clients.none) this.changed.add(id);
    });
  }

  private async publish(id: string): Promise<void> {
    const found = await this.alerts.find(id);
    if (!found) return;
    const [alert] = await this.views.present([found]);
    if (alert) this.clients.send({ type: 'alert', alert }, placeOf(found));
  }
}
