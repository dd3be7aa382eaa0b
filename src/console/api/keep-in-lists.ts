import type { QueryClient } from '@tanstack/react-query';
import { rowsOf, withRow, type Pages } from './pages';

interface Row {
  readonly id: string;
  readonly deviceId: string;
}
const OVER = ['ended', 'over'];

/**
 * Puts a row, new or changed, into the lists that it belongs to; one that it comes into or leaves is read again.
 * @param kind lists have the key `[kind, state, deviceId]`: state is `all`, that of rows which are over, or that of those
 *   which go on; a list of all devices has null for `deviceId`
 */
export function keepInLists<R extends Row>(client: QueryClient, kind: string, changed: R, isOver: boolean): void {
  const isIt = ({ id }: R): boolean => id === changed.id;
  for (const [key, pages] of client.getQueriesData<Pages<R>>({ queryKey: [kind] })) {
    const [, state, deviceId] = key as [string, string, string | null];
    if (!pages || (deviceId !== null && deviceId !== changed.deviceId)) continue;
    const belongs = state === 'all' || OVER.includes(state) === isOver;
    const known = rowsOf(pages).some(isIt);
    if (known)
      client.setQueryData(
        key,
        withRow(pages, isIt, () => changed),
      );
    // last, because what is set counts as read
    if (known !== belongs) void client.invalidateQueries({ queryKey: key, exact: true });
  }
}
