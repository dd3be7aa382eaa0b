import { Injectable } from '@nestjs/common';
import type { Alert } from '../../protocol/alert';
import { toInstant } from '../../protocol/names';
import { CustomersService } from '../customers/customers.service';
import type { AlertEntity } from './alert.entity';

/** Alerts as the API, live events and webhooks show them. */
@Injectable()
export class AlertViews {
  constructor(private readonly customers: CustomersService) {}

  async present(alerts: readonly AlertEntity[]): Promise<Alert[]> {
    const sites = await this.customers.named(alerts.map(({ siteId }) => siteId));
    return alerts.map((alert) => {
      const { id, rule, severity, customerId, agentId, deviceId, deviceName, facts, since } = alert;
      const { acknowledgedAt, acknowledgedBy, resolvedAt, resolution } = alert;
      return {
        ...{
          id,
          rule,
          severity,
          customerId,
          site: sites.get(alert.siteId) ?? null,
          agentId,
          deviceId,
          deviceName,
          facts,
        },
        since: toInstant(since),
        raisedAt: toInstant(alert.raisedAt ?? since),
        acknowledged: acknowledgedAt && { at: toInstant(acknowledgedAt), by: acknowledgedBy ?? '' },
        resolved: resolvedAt && { at: toInstant(resolvedAt), resolution: resolution ?? 'cleared' },
      };
    });
  }
}
