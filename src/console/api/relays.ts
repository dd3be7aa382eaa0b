import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { relay } from '../../protocol/api';
import { call } from './request';

export type Relay = z.infer<typeof relay>;

/** The number of sessions changes without a live event. */
const POLL_MS = 5_000;

export const useRelays = () =>
  useQuery({
    queryKey: ['relays'],
    queryFn: () => call(z.array(relay), 'GET', '/relays'),
    refetchInterval: POLL_MS,
  });
