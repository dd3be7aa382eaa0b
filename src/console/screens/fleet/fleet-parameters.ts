import { useMemo, useState } from 'react';
import { useSearchParams } from 'react-router';
import {
  fleetColumn,
  fleetFilter,
  fleetGrouping,
  fleetSort,
  sortOrder,
  type FleetColumn,
  type FleetFilter,
  type FleetSort,
  type FleetViewQuery,
  type SortOrder,
} from '../../../protocol/fleet';
import { filterQuery } from '../../api/fleet';
import { queryOf } from '../../api/pages';

export const DEFAULT_COLUMNS: readonly FleetColumn[] = [
  'status',
  'condition',
  'model',
  'customer',
  'location',
  'lastSeen',
];
/** In each order, what needs someone comes first. */
export const DEFAULT_ORDERS: Record<FleetSort, SortOrder> = {
  name: 'asc',
  'last-seen': 'asc',
  alerts: 'desc',
  supplies: 'asc',
  firmware: 'asc',
};
const FILTERS = Object.keys(fleetFilter.shape) as (keyof FleetFilter)[];

/** Parameters of an address that are not valid are left out, one by one. */
function filterOf(parameters: URLSearchParams): FleetFilter {
  const valid = FILTERS.flatMap((name) => {
    const { success, data } = fleetFilter.safeParse({ [name]: parameters.get(name) || undefined });
    return success ? [data] : [];
  });
  return Object.assign({}, ...valid) as FleetFilter;
}

/** The parameters of the device list's address, without those that have their default. */
export const parametersOf = ({ filter, sort, order, columns, by }: FleetViewQuery): string =>
  queryOf({
    ...filterQuery(filter),
    sort: sort === 'name' ? undefined : sort,
    order: order === DEFAULT_ORDERS[sort] ? undefined : order,
    columns: columns.join(',') === DEFAULT_COLUMNS.join(',') ? undefined : columns.join(','),
    by: by ?? undefined,
  });

/** The address of the device list with a filter. */
export const listOf = (filter: FleetFilter): string => `/devices?${queryOf(filterQuery(filter))}`;

export interface FleetParameters extends FleetViewQuery {
  readonly change: (changes: Partial<FleetViewQuery>) => void;
  /** Changes some conditions of the filter; undefined removes one. */
  readonly narrow: (changes: FleetFilter) => void;
  readonly isFiltered: boolean;
}

/** A filter that is part of a form, and not of the address of the page. */
export function useOwnFleetParameters(first: FleetFilter): FleetParameters {
  const [filter, setFilter] = useState(first);
  return {
    ...{ filter, sort: 'name', order: 'asc', columns: [...DEFAULT_COLUMNS], by: null },
    change: ({ filter: changed }) => changed && setFilter(changed),
    narrow: (changes) => setFilter((known) => ({ ...known, ...changes })),
    isFiltered: Object.values(filter).some((value) => value !== undefined),
  };
}

/** What the device list shows, from the address of the page, so that it can be reloaded, linked and saved. */
export function useFleetParameters(): FleetParameters {
  const [parameters, setParameters] = useSearchParams();
  return useMemo(() => {
    const filter = filterOf(parameters);
    const sort = fleetSort.safeParse(parameters.get('sort')).data ?? 'name';
    const order = sortOrder.safeParse(parameters.get('order')).data ?? DEFAULT_ORDERS[sort];
    const chosen = parameters.get('columns')?.split(',') ?? DEFAULT_COLUMNS;
    const columns = fleetColumn.options.filter((each) => chosen.includes(each));
    const by = fleetGrouping.safeParse(parameters.get('by')).data ?? null;
    const query: FleetViewQuery = { filter, sort, order, columns, by };
    const change = (changes: Partial<FleetViewQuery>): void =>
      setParameters(parametersOf({ ...query, ...changes }), { replace: true });
    const narrow = (changes: FleetFilter): void => change({ filter: { ...filter, ...changes } });
    const isFiltered = Object.values(filter).some((value) => value !== undefined);
    return { ...query, change, narrow, isFiltered };
  }, [parameters, setParameters]);
}
