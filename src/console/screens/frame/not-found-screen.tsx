import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { useText } from '../../messages/language';
import { Empty } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';

export function NotFoundScreen() {
  const t = useText();
  return (
    <Page title={t.problem.pageTitle}>
      <Panel>
        <Empty title={t.problem.pageTitle} hint={t.problem.pageRemedy}>
          <Button component={Link} to="/devices" variant="default">
            {t.sessions.toDevices}
          </Button>
        </Empty>
      </Panel>
    </Page>
  );
}
