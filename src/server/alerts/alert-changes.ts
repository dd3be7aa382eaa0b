import { Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { AlertEvents } from './alert-events';
import { AlertsRepository, type AlertWork } from './alerts.repository';
import { DeliveriesService } from './delivery/deliveries.service';
import { DeliveryOutbox } from './delivery/delivery-outbox';
import type { AlertChange } from './rules/reconcile';

/** Makes changes of alerts: stored with what is to be sent about them, then published, then sent. */
@Injectable()
export class AlertChanges {
  constructor(
    private readonly alerts: AlertsRepository,
    private readonly deliveries: DeliveriesService,
    private readonly outbox: DeliveryOutbox,
    private readonly events: AlertEvents,
    private readonly journal: Journal,
  ) {}

  /** @throws an error of the database; then nothing was changed */
  async make(changes: readonly AlertChange[], now: Date): Promise<void> {
    if (changes.length === 0) return;
    const work: AlertWork[] = [];
    for (const change of changes) {
      const event = 'event' in change ? change.event : undefined;
      const isReported = event !== undefined && change.do !== 'delete';
      work.push({ change, deliveries: isReported ? await this.deliveries.about(change.alert, event, now) : [] });
    }
    await this.alerts.apply(work);
    for (const { change } of work) this.publish(change);
    if (work.some(({ deliveries }) => deliveries.length > 0)) this.outbox.sendDue();
  }

  private publish(change: AlertChange): void {
    if (change.do === 'delete' || change.alert.state === 'waiting') return;
    const { id, rule, agentId, deviceId } = change.alert;
    if (change.event) this.journal.info(`alert ${change.event}`, { alertId: id, rule, agentId, deviceId });
    this.events.publish('changed', id);
  }
}
