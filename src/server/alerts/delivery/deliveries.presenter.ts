import { toInstant } from '../../../protocol/names';
import type { Delivery } from '../../../protocol/webhook';
import type { DeliveryEntity } from './delivery.entity';

export const presentedDelivery = (of: DeliveryEntity): Delivery => {
  const { id, alertId, event, recipient, webhookId, state, attempts, error } = of;
  return {
    ...{
      id,
      alertId,
      event,
      kind: webhookId === null ? 'mail' : 'webhook',
      recipient,
      webhookId,
      state,
      attempts,
      error,
    },
    at: toInstant(of.at),
    nextAttemptAt: of.nextAttemptAt && toInstant(of.nextAttemptAt),
    settledAt: of.settledAt && toInstant(of.settledAt),
  };
};
