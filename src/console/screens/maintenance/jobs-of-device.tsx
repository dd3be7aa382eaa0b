import type { Job } from '../../../protocol/maintenance';
import { isOpenJob, useJobs } from '../../api/jobs';
import { rowsOf } from '../../api/pages';
import { useText } from '../../messages/language';
import { Ago } from '../../parts/time';
import { Empty, Loaded, More } from '../../parts/loaded';
import { Panel } from '../../parts/panel';
import { ImpressionsPlot } from './impressions-plot';
import { JobResult } from './job-result';
import { JobTable } from './job-table';
import { jobTitle } from './job-texts';

/** Open jobs of a device, its last result, and its history. */
export function JobsOfDevice({ deviceId }: { deviceId: string }) {
  const t = useText();
  const jobs = useJobs('all', { deviceId });
  return (
    <Panel title={t.maintenance.ofDevice}>
      <Loaded query={jobs}>
        {(pages) => {
          const rows = rowsOf(pages);
          if (rows.length === 0) return <Empty title={t.maintenance.emptyDevice} />;
          const open = rows.filter(isOpenJob);
          const over = rows.filter((job) => !isOpenJob(job));
          return (
            <>
              {open.length > 0 && <JobTable label={t.maintenance.openJobs} jobs={open} withoutDevice />}
              <LastResult jobs={over} />
              {over.length > 0 && (
                <>
                  <h3 className="panel-part">{t.maintenance.history}</h3>
                  <ImpressionsPlot jobs={over} />
                  <JobTable label={t.maintenance.history} jobs={over} withoutDevice />
                </>
              )}
              <More query={jobs} history="jobs" />
            </>
          );
        }}
      </Loaded>
    </Panel>
  );
}

function LastResult({ jobs }: { jobs: Job[] }) {
  const t = useText();
  const last = jobs.find(({ result }) => result.length > 0);
  if (!last?.endedAt) return null;
  return (
    <section aria-label={t.maintenance.latest}>
      <h3 className="panel-part">
        {t.maintenance.latest}: {jobTitle(last, t)}{' '}
        <span className="minor">
          <Ago at={last.endedAt} />
        </span>
      </h3>
      <JobResult job={last} />
    </section>
  );
}
