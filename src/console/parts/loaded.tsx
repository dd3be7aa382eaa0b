import { Loader } from '@mantine/core';
import type { ReactNode } from 'react';
import { useText } from '../messages/language';
import { ProblemNotice } from './notice';

interface Query<Data> {
  readonly data: Data | undefined;
  readonly error: unknown;
  refetch(): unknown;
}

/** What a query has brought; until then that it loads, or why it does not. */
export function Loaded<Data>({ query, children }: { query: Query<Data>; children: (data: Data) => ReactNode }) {
  const t = useText();
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.error) return <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <div className="empty" role="status">
      <Loader size="sm" aria-hidden="true" />
      <span className="unseen">{t.loading}</span>
    </div>
  );
}
