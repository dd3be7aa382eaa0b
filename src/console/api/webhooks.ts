import { useMutation, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import {
  createdWebhook,
  delivery,
  webhook,
  type Delivery,
  type DeliveryState,
  type newWebhook,
  type webhookChange,
} from '../../protocol/webhook';
import { queryOf, usePages } from './pages';
import { useClient } from './query-client';
import { call, nothing } from './request';

const WEBHOOKS = ['webhooks'];
const DELIVERIES = ['alert-deliveries'];
/** Deliveries cause no live events. */
const POLL_MS = 5_000;

/** Webhooks are few: one answer has them all. */
export const useWebhooks = () =>
  useQuery({ queryKey: WEBHOOKS, queryFn: () => call(z.array(webhook), 'GET', '/webhooks'), staleTime: 0 });

export const useDeliveries = (state: DeliveryState | undefined) => {
  const query = queryOf({ state });
  return usePages<Delivery>([...DELIVERIES, state], delivery, `/alert-deliveries${query && `?${query}`}`, 0, POLL_MS);
};

function useAction<Input, Answer>(act: (input: Input) => Promise<Answer>) {
  const client = useClient();
  return useMutation({
    mutationFn: act,
    onSuccess: () => {
      for (const queryKey of [WEBHOOKS, DELIVERIES, ['audit']]) void client.invalidateQueries({ queryKey });
    },
    // an answer may contain a secret, which is shown once
    gcTime: 0,
  });
}
export const useCreateWebhook = () =>
  useAction((body: z.input<typeof newWebhook>) => call(createdWebhook, 'POST', '/webhooks', body));
export const useChangeWebhook = () =>
  useAction(({ id, change }: { id: string; change: z.input<typeof webhookChange> }) =>
    call(webhook, 'PATCH', `/webhooks/${id}`, change),
  );
export const useReplaceWebhookSecret = () =>
  useAction((id: string) => call(createdWebhook, 'POST', `/webhooks/${id}/secret`));
export const useTestWebhook = () => useAction((id: string) => call(delivery, 'POST', `/webhooks/${id}/test`));
export const useRemoveWebhook = () => useAction((id: string) => call(nothing, 'DELETE', `/webhooks/${id}`));
export const useRepeatDelivery = () =>
  useAction((id: string) => call(delivery, 'POST', `/alert-deliveries/${id}/redelivery`));
