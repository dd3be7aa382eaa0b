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

/** Narrows a list to one device, or to one user or external client who asked. */
export interface RowsOf {
  readonly deviceId?: string;
  readonly userId?: string;
}

const ROWS = 50;

/**
 * A list that the API returns page by page.
 * @param staleTime 0 for a list without live events: each visit reads it again
 * @param refetchInterval at which it is read again while it is shown
 */
export function usePages<Row>(
  key: readonly unknown[],
  row: z.ZodType<Row>,
  path: string,
  staleTime?: number,
  refetchInterval?: number,
) {
  return useInfiniteQuery({
    ...(staleTime !== undefined && { staleTime }),
    refetchInterval,
    queryKey: key,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) => call(page(row), 'GET', withCursor(path, pageParam)) as Promise<Page<Row>>,
    getNextPageParam: (last) => last.next,
  });
}

/** The parameters that have a value. */
export const queryOf = (parameters: Readonly<Record<string, string | undefined>>): string =>
  new URLSearchParams(
    Object.entries(parameters).filter((each): each is [string, string] => each[1] !== undefined),
  ).toString();

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

interface Requested {
  readonly id: string;
  readonly deviceId: string;
  readonly user: { readonly id: string };
}
const ENDED = ['ended', 'over'];

/**
 * Puts a new or changed row into the lists that contain it. Lists that it enters or leaves are read again.
 * @param kind lists have the key `[kind, state, deviceId, userId]`: `state` selects all, open or ended rows; `deviceId` is
 *   null in a list of all devices, `userId` in one of all users and external clients
 */
export function cacheInLists<Row extends Requested>(
  client: ConsoleQueryClient,
  kind: string,
  changed: Row,
  hasEnded: boolean,
): void {
  const isIt = ({ id }: Row): boolean => id === changed.id;
  for (const [key, pages] of client.getQueriesData<Pages<Row>>({ queryKey: [kind] })) {
    const [, state, deviceId, userId] = key as [string, string, string | null, string | null];
    if (deviceId !== null && deviceId !== changed.deviceId) continue;
    if (userId !== null && userId !== changed.user.id) continue;
    const belongs = state === 'all' || ENDED.includes(state) === hasEnded;
    client.keep<Pages<Row>>(key, (known) => known && withRow(known, isIt, () => changed));
    // last, because setting data marks the query as fresh
    if (!pages || rowsOf(pages).some(isIt) !== belongs) void client.invalidateQueries({ queryKey: key, exact: true });
  }
}
