import { Progress } from '@mantine/core';
import type { Job } from '../../../protocol/maintenance';
import { useFormats, useText } from '../../messages/language';
import { Status } from '../../parts/status';
import { activityWords, jobTitle, jobTone } from './job-words';

export function JobStateWord({ job }: { job: Job }) {
  const t = useText();
  return <Status tone={jobTone(job)}>{t.maintenance.states[job.state]}</Status>;
}

/** State of a job, and what there is to say about it: how far it is, what it waits for, why it failed. */
export function JobState({ job }: { job: Job }) {
  const t = useText();
  const { state, hold, failure, detail } = job;
  const words = state === 'held' && hold ? t.maintenance.holds[hold] : failure && t.maintenance.failures[failure];
  return (
    <>
      <JobStateWord job={job} />
      {words && <div className="minor why">{words}</div>}
      {detail && <div className="minor why">{detail}</div>}
      {state === 'executing' && <JobProgress job={job} />}
    </>
  );
}

/** How far a job is that is being carried out, where the agent can tell. */
export function JobProgress({ job }: { job: Job }) {
  const t = useText();
  const formats = useFormats();
  const { percent, activity } = job;
  const told = [activity && activityWords(activity, t), percent !== null && formats.percent(percent / 100)];
  return (
    <div className="job-progress">
      {percent !== null && <Progress value={percent} size="sm" aria-label={jobTitle(job, t)} />}
      <span className="minor">{told.filter(Boolean).join(' · ')}</span>
    </div>
  );
}
