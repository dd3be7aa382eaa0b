import { Link } from 'react-router';
import type { Job } from '../../../protocol/maintenance';
import { isOpenJob } from '../../api/jobs';
import { useFormats, useText } from '../../messages/language';
import { Table, type Column } from '../../parts/table';
import { Elapsed } from '../../parts/time';
import { Requester } from '../requester';
import { CancelJob, JobState } from './job-state';
import { jobTitle } from './job-texts';

/** Jobs, newest first. */
export function JobTable({
  label,
  jobs,
  withoutDevice = false,
  withoutUser = false,
}: {
  label: string;
  jobs: Job[];
  withoutDevice?: boolean;
  withoutUser?: boolean;
}) {
  const t = useText();
  const formats = useFormats();
  const device: Column<Job> = {
    title: t.maintenance.device,
    cell: ({ deviceId, deviceName }) => (
      <>
        <Link to={`/devices/${deviceId}`}>{deviceName}</Link>
        <div className="minor">{deviceId}</div>
      </>
    ),
  };
  const user: Column<Job> = { title: t.maintenance.who, cell: (job) => <Requester of={job.user} /> };
  const columns: Column<Job>[] = [
    {
      title: t.maintenance.operation,
      cell: (job) => (
        <>
          <Link to={`/jobs/${job.id}`} className="strong">
            {jobTitle(job, t)}
          </Link>
          <div className="minor">{formats.moment(job.requestedAt)}</div>
        </>
      ),
    },
    ...(withoutDevice ? [] : [device]),
    ...(withoutUser ? [] : [user]),
    { title: t.maintenance.state, cell: (job) => <JobState job={job} /> },
    {
      title: t.maintenance.took,
      numeric: true,
      cell: ({ beganAt, endedAt }) => <Elapsed from={beganAt} to={endedAt} />,
    },
    { title: t.maintenance.cancel, untitled: true, cell: (job) => isOpenJob(job) && <CancelJob job={job} /> },
  ];
  return <Table label={label} columns={columns} rows={jobs} keyOf={({ id }) => id} />;
}
