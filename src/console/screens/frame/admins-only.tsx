import { Outlet } from 'react-router';
import { useText } from '../../messages/language';
import { Empty } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { useCurrent } from '../current-user';

/** Around the screens for administrators; others are shown that they may not open it, and none of its buttons. */
export function AdminsOnly() {
  const t = useText();
  const { isAdmin } = useCurrent();
  if (isAdmin) return <Outlet />;
  const { title, remedy } = t.problems.forbidden;
  return (
    <Page title={title}>
      <Panel>
        <Empty title={title} hint={remedy} />
      </Panel>
    </Page>
  );
}
