import { useMutation, useQuery } from '@tanstack/react-query';
import { alert, type Alert, type AlertQuery } from '../../protocol/alert';
import { page } from '../../protocol/api';
import { queryOf, rowsOf, usePages, withRow, type Page, type Pages } from './pages';
import { useClient, type ConsoleQueryClient } from './query-client';
import { call } from './request';

/** What a list of alerts shows; the same names as in the address of the page and in the API. */
export type AlertFilter = Partial<
  Pick<AlertQuery, 'state' | 'severity' | 'rule' | 'customerId' | 'deviceId' | 'acknowledged'>
>;
const LISTS = ['alerts'];
const UNACKNOWLEDGED = ['unacknowledged-alerts'];
const IS_NEW: AlertFilter = { state: 'open', acknowledged: 'no' };

export const useAlerts = (filter: AlertFilter) =>
  usePages<Alert>([...LISTS, filter], alert, `/alerts?${queryOf(filter)}`);

/** Open alerts that no user has acknowledged; `next` is set if there are more. */
export const useUnacknowledgedAlerts = () =>
  useQuery({
    queryKey: UNACKNOWLEDGED,
    queryFn: () => call(page(alert), 'GET', `/alerts?limit=50&${queryOf(IS_NEW)}`) as Promise<Page<Alert>>,
  });

export function useAcknowledgeAlert() {
  const client = useClient();
  return useMutation({
    mutationFn: (id: string) => call(alert, 'POST', `/alerts/${id}/acknowledgement`),
    onSuccess: (acknowledged) => cacheAlert(client, acknowledged),
  });
}

/** Puts a new or changed alert into the cache. Lists that it enters or leaves are read again. */
export function cacheAlert(client: ConsoleQueryClient, changed: Alert): void {
  const isIt = ({ id }: Alert): boolean => id === changed.id;
  client.keep<Page<Alert>>(UNACKNOWLEDGED, (known) => {
    if (!known) return known;
    const others = known.rows.filter((row) => !isIt(row));
    return { ...known, rows: belongs(IS_NEW, changed) ? [changed, ...others] : others };
  });
  const left = client.getQueryData<Page<Alert>>(UNACKNOWLEDGED);
  if (left?.rows.length === 0 && left.next) void client.invalidateQueries({ queryKey: UNACKNOWLEDGED });
  for (const [queryKey, pages] of client.getQueriesData<Pages<Alert>>({ queryKey: LISTS })) {
    client.keep<Pages<Alert>>(queryKey, (known) => known && withRow(known, isIt, () => changed));
    // last, because setting data marks the query as fresh
    if (!pages || rowsOf(pages).some(isIt) !== belongs(queryKey[1] as AlertFilter, changed))
      void client.invalidateQueries({ queryKey, exact: true });
  }
}

function belongs(
  { state = 'open', severity, rule, customerId, deviceId, acknowledged }: AlertFilter,
  it: Alert,
): boolean {
  if (state !== 'all' && (state === 'resolved') !== (it.resolved !== null)) return false;
  if (acknowledged && (acknowledged === 'yes') !== (it.acknowledged !== null)) return false;
  return (
    (!severity || it.severity === severity) &&
    (!rule || it.rule === rule) &&
    (!customerId || it.customerId === customerId) &&
    (!deviceId || it.deviceId === deviceId)
  );
}
