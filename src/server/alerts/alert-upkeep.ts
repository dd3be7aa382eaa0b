import { Injectable, type OnModuleInit } from '@nestjs/common';
import { LIMITS } from '../../protocol/limits';
import { DeviceEvents } from '../devices/device-events';
import { AlertChanges } from './alert-changes';
import { AlertEvents } from './alert-events';
import { AlertsRepository } from './alerts.repository';
import { ended } from './rules/reconcile';
import { TargetsRepository } from './rules/targets.repository';
import { AlertSettingsRepository } from './settings/alert-settings.repository';

/** Alerts follow their devices and agents: to another site, and when they are removed. */
@Injectable()
export class AlertUpkeep implements OnModuleInit {
  constructor(
    private readonly targets: TargetsRepository,
    private readonly alerts: AlertsRepository,
    private readonly settings: AlertSettingsRepository,
    private readonly changes: AlertChanges,
    private readonly devices: DeviceEvents,
    private readonly events: AlertEvents,
  ) {}

  onModuleInit(): void {
    this.devices.on('announced', async ({ agentId, differs }) => {
      if (differs) await this.resolveOrphaned(agentId);
    });
    this.devices.on('removed', (agentId) => this.resolveOrphaned(agentId));
    this.devices.on('moved', ({ agentId }) => this.move(agentId));
  }

  /** Also removes what belongs to customers that have been removed. */
  async sweep(): Promise<void> {
    await this.resolveOrphaned();
    await this.settings.removeOrphaned();
  }

  private async resolveOrphaned(agentId?: string): Promise<void> {
    for (;;) {
      const orphaned = await this.alerts.orphaned(agentId, LIMITS.ALERT_BATCH);
      if (orphaned.length === 0) return;
      const now = new Date();
      await this.changes.make(
        orphaned.map((alert) => ended(alert, now, 'removed')),
        now,
      );
    }
  }

  private async move(agentId: string): Promise<void> {
    const [agent] = await this.targets.agents([agentId]);
    if (!agent) return;
    const { siteId, customerId } = agent;
    for (const id of await this.alerts.move(agentId, { siteId, customerId })) this.events.publish('changed', id);
  }
}
