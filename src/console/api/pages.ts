import { useInfiniteQuery, type InfiniteData } from '@tanstack/react-query';
import type { z } from 'zod';
import { page } from '../../protocol/api';
import { call } from './request';

export interface Page<Row> {
  readonly rows: Row[];
  readonly next: string | null;
}
export type Pages<Row> = InfiniteData<Page<Row>, unknown>;

const ROWS = 50;

/** A list that the API gives page by page. */
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

/** Puts a changed row into the place of the old one; the same object when it is in none of the pages. */
export function withRow<Row>(pages: Pages<Row>, fits: (row: Row) => boolean, change: (row: Row) => Row): Pages<Row> {
  if (!rowsOf(pages).some(fits)) return pages;
  const changed = pages.pages.map((each) => ({
    ...each,
    rows: each.rows.map((row) => (fits(row) ? change(row) : row)),
  }));
  return { ...pages, pages: changed };
}
