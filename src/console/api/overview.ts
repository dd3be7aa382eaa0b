import { useQuery } from '@tanstack/react-query';
import { overview } from '../../protocol/overview';
import { call } from './request';

/** It sums up what many events change, so it is read again after this time, not with each of them. */
const REFRESH_MS = 30_000;

export const useOverview = () =>
  useQuery({
    queryKey: ['overview'],
    queryFn: () => call(overview, 'GET', '/overview'),
    refetchInterval: REFRESH_MS,
    staleTime: 0,
  });
