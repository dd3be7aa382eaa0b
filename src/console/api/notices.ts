import { useMutation, useQuery } from '@tanstack/react-query';
import { page } from '../../protocol/api';
import { notice, type Notice } from '../../protocol/notice';
import { rowsOf, usePages, withRow, type Page, type Pages } from './pages';
import { useClient, type ConsoleQueryClient } from './query-client';
import { call, nothing } from './request';

export type NoticeFilter = 'unread' | 'all';
const UNREAD = ['unread-notices'];
const LISTS = ['notices'];

/** The unread notices; `next` is set if there are more. */
export const useUnreadNotices = () =>
  useQuery({
    queryKey: UNREAD,
    queryFn: () => call(page(notice), 'GET', '/notices?unread=yes&limit=50') as Promise<Page<Notice>>,
  });

export const useNotices = (filter: NoticeFilter) =>
  usePages<Notice>([...LISTS, filter], notice, `/notices?unread=${filter === 'unread' ? 'yes' : 'no'}`);

export function useReadNotice() {
  const client = useClient();
  return useMutation({
    mutationFn: (id: string) => call(notice, 'POST', `/notices/${id}/reading`),
    onSuccess: (read) => cacheNotice(client, read),
    // it may have been removed
    onError: () => void client.invalidateQueries({ queryKey: UNREAD }),
  });
}

export function useReadAllNotices() {
  const client = useClient();
  return useMutation({
    mutationFn: () => call(nothing, 'POST', '/notices/reading'),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: UNREAD });
      void client.invalidateQueries({ queryKey: LISTS });
    },
  });
}

/** Puts a new or changed notice into the cache. */
export function cacheNotice(client: ConsoleQueryClient, changed: Notice): void {
  const isIt = ({ id }: Notice): boolean => id === changed.id;
  client.keep<Page<Notice>>(UNREAD, (unread) => {
    if (!unread) return unread;
    const others = unread.rows.filter((row) => !isIt(row));
    return { ...unread, rows: changed.readAt ? others : [changed, ...others].sort(newestFirst) };
  });
  const left = client.getQueryData<Page<Notice>>(UNREAD);
  if (left?.rows.length === 0 && left.next) void client.invalidateQueries({ queryKey: UNREAD });
  for (const [queryKey, pages] of client.getQueriesData<Pages<Notice>>({ queryKey: LISTS })) {
    if (rowsOf(pages).some(isIt))
      client.keep<Pages<Notice>>(queryKey, (known) => known && withRow(known, isIt, () => changed));
    else void client.invalidateQueries({ queryKey, exact: true });
  }
}

const newestFirst = (a: Notice, b: Notice): number => Date.parse(b.at) - Date.parse(a.at);
