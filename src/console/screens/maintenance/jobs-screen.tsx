import { Button, SegmentedControl } from '@mantine/core';
import { Link, useSearchParams } from 'react-router';
import type { Job } from '../../../protocol/maintenance';
import { useJobs } from '../../api/jobs';
import { rowsOf } from '../../api/pages';
import type { Messages } from '../../messages/en';
import { useText } from '../../messages/language';
import { Empty, Loaded, More } from '../../parts/loaded';
import { hasWords, SearchInput } from '../../parts/search';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { ClientFilter, useClientFilter } from '../client-filter';
import { JobTable } from './job-table';
import { jobTitle } from './job-texts';

/** The open and finished jobs of all devices. */
export function JobsScreen() {
  const t = useText();
  const [parameters, setParameters] = useSearchParams();
  const search = parameters.get('search') ?? '';
  const state = parameters.get('state') === 'over' ? 'over' : 'open';
  const clientId = useClientFilter();
  const change = (changes: { state?: string; search?: string }): void => {
    const next = { state, search, ...changes };
    setParameters(
      { state: next.state, ...(next.search && { search: next.search }), ...(clientId && { client: clientId }) },
      { replace: true },
    );
  };
  const jobs = useJobs(state, { userId: clientId });
  return (
    <Page title={t.maintenance.title} lead={t.maintenance.lead}>
      <Panel>
        <div className="tools">
          <SegmentedControl
            aria-label={t.maintenance.state}
            data={(['open', 'over'] as const).map((value) => ({ value, label: t.maintenance[value] }))}
            value={state}
            onChange={(value) => change({ state: value })}
          />
          <SearchInput label={t.maintenance.filter} value={search} onChange={(text) => change({ search: text })} />
          {clientId && <ClientFilter id={clientId} />}
        </div>
        <Loaded query={jobs}>
          {(pages) => {
            const all = rowsOf(pages);
            const found = all.filter((job) => hasWords(textsOf(job, t), search));
            if (found.length > 0) return <JobTable label={t.maintenance[state]} jobs={found} />;
            return all.length > 0 ? <Empty title={t.maintenance.noneFound} /> : <NoJobs state={state} />;
          }}
        </Loaded>
        <More query={jobs} history={state === 'open' ? undefined : 'jobs'} />
      </Panel>
    </Page>
  );
}

const textsOf = (job: Job, t: Messages): string[] => [
  jobTitle(job, t),
  job.deviceName,
  job.deviceId,
  job.user.displayName,
  t.maintenance.states[job.state],
  job.detail,
];

function NoJobs({ state }: { state: 'open' | 'over' }) {
  const t = useText();
  const open = state === 'open';
  return (
    <Empty
      title={open ? t.maintenance.emptyOpen : t.maintenance.emptyOver}
      hint={open ? t.maintenance.emptyOpenHint : t.maintenance.emptyOverHint}
    >
      <Button component={Link} to="/devices" variant="default">
        {t.sessions.toDevices}
      </Button>
    </Empty>
  );
}
