import { Button } from '@mantine/core';
import { useText } from '../messages/language';

/** The way to the next page of a list. */
export function More({
  query,
}: {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage(): unknown };
}) {
  const t = useText();
  if (!query.hasNextPage) return null;
  return (
    <div className="more">
      <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {t.actions.more}
      </Button>
    </div>
  );
}
