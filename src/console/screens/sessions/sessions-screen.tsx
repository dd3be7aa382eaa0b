import { Button, SegmentedControl } from '@mantine/core';
import { Link, useSearchParams } from 'react-router';
import { rowsOf } from '../../api/pages';
import { useSessions } from '../../api/sessions';
import { useText } from '../../messages/language';
import { Empty, Loaded, More } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { ClientFilter, useClientFilter } from '../client-filter';
import { SessionTable } from './session-table';

export function SessionsScreen() {
  const t = useText();
  const [parameters, setParameters] = useSearchParams();
  const state = parameters.get('state') === 'ended' ? 'ended' : 'live';
  const clientId = useClientFilter();
  const sessions = useSessions(state, { userId: clientId });
  const live = state === 'live';
  return (
    <Page title={t.sessions.title}>
      <Panel>
        <div className="tools">
          <SegmentedControl
            aria-label={t.sessions.state}
            data={[
              { value: 'live', label: t.sessions.live },
              { value: 'ended', label: t.sessions.ended },
            ]}
            value={state}
            onChange={(value) =>
              setParameters({ state: value, ...(clientId && { client: clientId }) }, { replace: true })
            }
          />
          {clientId && <ClientFilter id={clientId} />}
        </div>
        <Loaded query={sessions}>
          {(pages) => {
            const rows = rowsOf(pages);
            if (rows.length > 0) return <SessionTable label={t.sessions[state]} sessions={rows} />;
            return (
              <Empty
                title={live ? t.sessions.emptyLive : t.sessions.emptyEnded}
                hint={live ? t.sessions.emptyLiveHint : t.sessions.emptyEndedHint}
              >
                <Button component={Link} to="/devices" variant="default">
                  {t.sessions.toDevices}
                </Button>
              </Empty>
            );
          }}
        </Loaded>
        <More query={sessions} history={live ? undefined : 'sessions'} />
      </Panel>
    </Page>
  );
}
