import { useQuery } from '@tanstack/react-query';
import { retention, type HistoryKind } from '../../protocol/retention';
import { call } from './request';

/** Since when a kind of history is kept (RFC 3339); undefined: not known yet. */
export const useKeptSince = (kind: HistoryKind): string | undefined =>
  useQuery({ queryKey: ['retention'], queryFn: () => call(retention, 'GET', '/retention') }).data?.[kind].since;
