import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { relay } from '../../protocol/api';
import { call } from './request';

export type Relay = z.infer<typeof relay>;

/** What a relay carries changes with every session; no live event says so. */
const LOOK_EVERY_MS = 5_000;

export const useRelays = () =>
  useQuery({
    queryKey: ['relays'],
    queryFn: () => call(z.array(relay), 'GET', '/relays'),
    refetchInterval: LOOK_EVERY_MS,
  });
