import {
  QueryClient,
  useQueryClient,
  type InvalidateOptions,
  type InvalidateQueryFilters,
  type Query,
  type QueryKey,
} from '@tanstack/react-query';
import { ApiProblem, codeOf, UnexpectedAnswer } from './request';

const TRIES = 3;

type Change = (known: unknown) => unknown;

/**
 * Cached answers remain valid until a live event or an action changes them. An answer may be older than an event that
 * arrived while the query was being read. Therefore a change is applied to that answer, too, and an invalidation causes
 * another read, which TanStack Query omits during the first read.
 */
export class ConsoleQueryClient extends QueryClient {
  /** Changes of queries that are being read. */
  private readonly changes = new WeakMap<Query, Change[]>();
  /** Queries that were invalidated while they were read for the first time. */
  private readonly outdated = new WeakSet<Query>();

  constructor() {
    super({
      defaultOptions: {
        queries: {
          staleTime: 30_000,
          retry: (failures, error) =>
            !(error instanceof ApiProblem || error instanceof UnexpectedAnswer) && failures < TRIES,
          refetchOnWindowFocus: false,
        },
        mutations: { retry: false },
      },
    });
    this.getQueryCache().subscribe((event) => {
      if (event.type !== 'updated') return;
      const { action } = event;
      if (action.type === 'error' || (action.type === 'success' && !action.manual)) this.onRead(event.query as Query);
    });
  }

  /** @param change gets undefined if nothing has been read, and returns undefined to leave it so */
  keep<Data>(queryKey: QueryKey, change: (known: Data | undefined) => Data | undefined): void {
    const query = this.getQueryCache().find({ queryKey, exact: true, fetchStatus: 'fetching' });
    if (query) this.changes.set(query, [...(this.changes.get(query) ?? []), change as Change]);
    this.setQueryData<Data>(queryKey, (known) => {
      const changed = change(known);
      // setting the same data would only mark an invalidated query as fresh
      return changed === known ? undefined : changed;
    });
  }

  override invalidateQueries<Key extends QueryKey = QueryKey>(
    filters?: InvalidateQueryFilters<Key>,
    options?: InvalidateOptions,
  ): Promise<void> {
    const reading = this.getQueryCache().findAll({ ...filters, fetchStatus: 'fetching' });
    for (const query of reading) if (query.state.data === undefined) this.outdated.add(query);
    return super.invalidateQueries(filters, options);
  }

  private onRead(query: Query): void {
    const { queryKey } = query;
    const changes = this.changes.get(query) ?? [];
    this.changes.delete(query);
    if (query.state.status === 'success') for (const change of changes) this.setQueryData(queryKey, change);
    if (this.outdated.delete(query)) void this.invalidateQueries({ queryKey, exact: true });
  }
}

export const queryClient = new ConsoleQueryClient();
export const useClient = (): ConsoleQueryClient => useQueryClient() as ConsoleQueryClient;

/** Shows the login screen when any request finds that the login has ended. */
queryClient.getQueryCache().subscribe(({ query, type }) => {
  if (type !== 'updated' || (query.queryKey as readonly unknown[])[0] === 'me') return;
  if (codeOf(query.state.error) === 'not-logged-in') void queryClient.invalidateQueries({ queryKey: ['me'] });
});
queryClient.getMutationCache().subscribe(({ mutation }) => {
  if (codeOf(mutation?.state.error) === 'not-logged-in') void queryClient.invalidateQueries({ queryKey: ['me'] });
});
