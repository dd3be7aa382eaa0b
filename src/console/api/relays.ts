import { useMutation, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { relay, type relayChange } from '../../protocol/api';
import { useClient } from './query-client';
import { call, nothing } from './request';

export type Relay = z.infer<typeof relay>;

/** The number of sessions changes without a live event. */
const POLL_MS = 5_000;

export const useRelays = () =>
  useQuery({
    queryKey: ['relays'],
    queryFn: () => call(z.array(relay), 'GET', '/relays'),
    refetchInterval: POLL_MS,
  });

/** What an administrator decides about a relay. */
type Decision =
  | { readonly what: 'drain' | 'take-back' | 'remove'; readonly id: string }
  | { readonly what: 'set'; readonly id: string; readonly change: z.infer<typeof relayChange> };

export function useDecideRelay() {
  const client = useClient();
  return useMutation({
    mutationFn: decide,
    // also after a refusal: the relay is not as it was shown
    onSettled: () => client.invalidateQueries({ queryKey: ['relays'] }),
  });
}

async function decide(decision: Decision): Promise<void> {
  const path = `/relays/${encodeURIComponent(decision.id)}`;
  switch (decision.what) {
    case 'drain':
      return void (await call(relay, 'PUT', `${path}/drain`));
    case 'take-back':
      return void (await call(relay, 'DELETE', `${path}/drain`));
    case 'remove':
      return call(nothing, 'DELETE', path);
    case 'set':
      return void (await call(relay, 'PATCH', path, decision.change));
  }
}
