import type { ReactNode } from 'react';
import { useText } from '../../messages/language';
import { Empty } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { useCurrent } from '../current-user';

/** A screen for administrators; others are shown that they may not open it, and none of its buttons. */
export function AdminsOnly({ children }: { children: ReactNode }) {
  const t = useText();
  const { isAdmin } = useCurrent();
  if (isAdmin) return <>{children}</>;
  const { title, remedy } = t.problems.forbidden;
  return (
    <Page title={title}>
      <Panel>
        <Empty title={title} hint={remedy} />
      </Panel>
    </Page>
  );
}
