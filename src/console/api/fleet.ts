import { keepPreviousData, useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { page } from '../../protocol/api';
import {
  fleetDevice,
  fleetGroups,
  fleetJobs,
  fleetView,
  type FleetColumn,
  type FleetDevice,
  type FleetFilter,
  type FleetGrouping,
  type FleetSort,
  type FleetView,
  type newFleetJobs,
  type newFleetView,
  type SortOrder,
} from '../../protocol/fleet';
import { queryOf, type Page } from './pages';
import { useClient } from './query-client';
import { call, nothing } from './request';

/** Counts change with every event of a device; they are read again after this time, not with each event. */
const COUNTS_MS = 60_000;
/** The server starts jobs one after the other. */
const JOBS_TIMEOUT_MS = 120_000;

export interface Sorting {
  readonly sort: FleetSort;
  readonly order: SortOrder;
}

/** The parameters of a filter, as the API and the address of the device list have them. */
export const filterQuery = (filter: FleetFilter): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(filter).map(([name, value]) => [name, value === undefined ? value : String(value)]),
  );

export const useFleet = (filter: FleetFilter, sorting: Sorting) => {
  const query = queryOf({ ...filterQuery(filter), ...sorting });
  return useInfiniteQuery({
    queryKey: ['fleet', 'rows', query],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: cursor }) =>
      call(page(fleetDevice), 'GET', `/fleet?${query}${cursor ? `&cursor=${cursor}` : ''}`) as Promise<
        Page<FleetDevice>
      >,
    getNextPageParam: ({ next }) => next ?? undefined,
    // a changed filter keeps the rows until the new ones are there
    placeholderData: keepPreviousData,
  });
};

/** The devices that a filter fits, counted, and counted by group. */
export const useFleetGroups = (filter: FleetFilter, by: FleetGrouping | 'none', enabled = true) =>
  useQuery({
    queryKey: ['fleet', 'groups', by, filter],
    queryFn: () => call(fleetGroups, 'GET', `/fleet/groups?${queryOf({ ...filterQuery(filter), by })}`),
    placeholderData: keepPreviousData,
    refetchInterval: COUNTS_MS,
    enabled,
  });

export const exportPath = (filter: FleetFilter, sorting: Sorting, columns: readonly FleetColumn[]): string =>
  `/api/fleet/export?${queryOf({ ...filterQuery(filter), ...sorting, columns: columns.join(',') })}`;

export const useFleetViews = () =>
  useQuery({ queryKey: ['fleet', 'views'], queryFn: () => call(z.array(fleetView), 'GET', '/fleet/views') });

export function useSaveView() {
  const client = useClient();
  return useMutation({
    mutationFn: (view: z.input<typeof newFleetView>) => call(fleetView, 'POST', '/fleet/views', view),
    onSuccess: () => client.invalidateQueries({ queryKey: ['fleet', 'views'] }),
  });
}

export function useRemoveView() {
  const client = useClient();
  return useMutation({
    mutationFn: ({ id }: FleetView) => call(nothing, 'DELETE', `/fleet/views/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['fleet', 'views'] }),
  });
}

/** S121, for several devices. */
export function useRequestFleetJobs() {
  const client = useClient();
  return useMutation({
    mutationFn: (wish: z.input<typeof newFleetJobs>) => call(fleetJobs, 'POST', '/fleet/jobs', wish, JOBS_TIMEOUT_MS),
    onSuccess: () => client.invalidateQueries({ queryKey: ['jobs'] }),
  });
}
