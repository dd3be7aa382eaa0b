import { useInfiniteQuery, type InfiniteData } from '@tanstack/react-query';
import type { z } from 'zod';
import { page } from '../../protocol/api';
import type { ConsoleQueryClient } from './query-client';
import { call } from './request';

export interface Page<Row> {
  readonly rows: Row[];
  readonly next: string | null;
}
export type Pages<Row> = InfiniteData<Page<Row>, unknown>;

const ROWS = 50;

/** A list that the API returns page by page. */
export function usePages<Row>(key: readonly unknown[], row: z.ZodType<Row>, path: string) {
  return useInfiniteQuery({
    queryKey: key,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => call(page(row), 'GET', withCursor(path, pageParam)) as Promise<Page<Row>>,
    getNextPageParam: (last) => last.next,
  });
}

const withCursor = (path: string, cursor: string | null): string => {
  const query = `limit=${ROWS}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`;
  return `${path}${path.includes('?') ? '&' : '?'}${query}`;
};

export const rowsOf = <Row>(pages: Pages<Row> | undefined): Row[] => pages?.pages.flatMap((each) => each.rows) ?? [];

/** Replaces a changed row; returns the same object if no page contains it. */
export function withRow<Row>(pages: Pages<Row>, fits: (row: Row) => boolean, change: (row: Row) => Row): Pages<Row> {
  if (!rowsOf(pages).some(fits)) return pages;
  const changed = pages.pages.map((each) => ({
    ...each,
    rows: each.rows.map((row) => (fits(row) ? change(row) : row)),
  }));
  return { ...pages, pages: changed };
}

interface RowOfDevice {
  readonly id: string;
  readonly deviceId: string;
}
const ENDED = ['ended', 'over'];

/**
 * Puts a new or changed row into the lists that contain it. Lists that it enters or leaves are read again.
 * @param kind lists have the key `[kind, state, deviceId]`: `state` selects all, open or ended rows; `deviceId` is null
 *   in a list of all devices
 */
export function cacheInLists<Row extends RowOfDevice>(
  client: ConsoleQueryClient,
  kind: string,
  changed: Row,
  hasEnded: boolean,
): void {
  const isIt = ({ id }: Row): boolean => id === changed.id;
  for (const [key, pages] of client.getQueriesData<Pages<Row>>({ queryKey: [kind] })) {
    const [, state, deviceId] = key as [string, string, string | null];
    if (deviceId !== null && deviceId !== changed.deviceId) continue;
    const belongs = state === 'all' || ENDED.includes(state) === hasEnded;
    client.keep<Pages<Row>>(key, (known) => known && withRow(known, isIt, () => changed));
    // last, because setting data marks the query as fresh
    if (!pages || rowsOf(pages).some(isIt) !== belongs) void client.invalidateQueries({ queryKey: key, exact: true });
  }
}
