import { Button, Loader, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { HistoryKind } from '../../protocol/retention';
import { useKeptSince } from '../api/retention';
import { useFormats, useText } from '../messages/language';
import { ProblemNotice } from './notice';

interface Query<Data> {
  readonly data: Data | undefined;
  readonly error: unknown;
  refetch(): unknown;
}

/** The content of a query, or that it is loading, or why it failed. */
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

/** An empty list: why it is empty, and what to do next. */
export const Empty = ({ title, hint, children }: { title: string; hint?: string; children?: ReactNode }) => (
  <div className="empty">
    <Text fw={600}>{title}</Text>
    {hint && (
      <Text size="sm" c="dimmed" maw={440}>
        {hint}
      </Text>
    )}
    {children}
  </div>
);

/** A button for the next page of a list; where the list ends, since when such history is kept. */
export function More({
  query,
  history,
}: {
  query: { isSuccess: boolean; hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage(): unknown };
  history?: HistoryKind;
}) {
  const t = useText();
  if (!query.hasNextPage) return query.isSuccess && history ? <KeptSince kind={history} /> : null;
  return (
    <div className="more">
      <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {t.actions.more}
      </Button>
    </div>
  );
}

function KeptSince({ kind }: { kind: HistoryKind }) {
  const t = useText();
  const formats = useFormats();
  const since = useKeptSince(kind);
  if (since === undefined) return null;
  return (
    <div className="more">
      <Text size="sm" c="dimmed">
        {t.keptSince(formats.date(since))}
      </Text>
    </div>
  );
}
