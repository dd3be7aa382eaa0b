import { Button, Progress } from '@mantine/core';
import type { Job } from '../../../protocol/maintenance';
import { canCancel, useCancelJob } from '../../api/jobs';
import { useFormats, useText } from '../../messages/language';
import { ProblemNotice } from '../../parts/notice';
import { Status } from '../../parts/status';
import { activityText, jobTitle, jobTone } from './job-texts';

export function JobStateLabel({ job }: { job: Job }) {
  const t = useText();
  return <Status tone={jobTone(job)}>{t.maintenance.states[job.state]}</Status>;
}

/** State of a job with its progress, or the reason why it waits or has failed. */
export function JobState({ job }: { job: Job }) {
  const t = useText();
  const { state, hold, failure, detail } = job;
  const why = state === 'held' && hold ? t.maintenance.holds[hold] : failure && t.maintenance.failures[failure];
  return (
    <>
      <JobStateLabel job={job} />
      {why && <div className="minor why">{why}</div>}
      {detail && <div className="minor why">{t.detail(detail)}</div>}
      <JobWaiting job={job} />
      {state === 'executing' && <JobProgress job={job} />}
    </>
  );
}

/** Why the agent of a job was not woken, with the outcome of each agent that was to wake it. */
export function JobWaiting({ job: { waiting } }: { job: Job }) {
  const t = useText();
  if (!waiting) return null;
  return (
    <div className="minor why">
      {t.maintenance.waitReasons[waiting.reason]}
      {waiting.tries.map(({ substitute, outcome, detail }) => (
        <div key={substitute}>
          {substitute}: {t.maintenance.wakeOutcomes[outcome]} {detail && `(${detail})`}
        </div>
      ))}
    </div>
  );
}

/** Progress of a running job, if the agent reports it. */
export function JobProgress({ job }: { job: Job }) {
  const t = useText();
  const formats = useFormats();
  const { percent, activity } = job;
  const texts = [activity && activityText(activity, t), percent !== null && formats.percent(percent / 100)];
  return (
    <div className="job-progress">
      {percent !== null && <Progress value={percent} size="sm" aria-label={jobTitle(job, t)} />}
      <span className="minor">{texts.filter(Boolean).join(' · ')}</span>
    </div>
  );
}

/** Cancels a job that has not started on the device. */
export function CancelJob({ job }: { job: Job }) {
  const t = useText();
  const cancel = useCancelJob();
  return (
    <>
      {canCancel(job) && (
        <Button
          size="xs"
          variant="default"
          loading={cancel.isPending}
          aria-label={t.maintenance.cancelNamed(jobTitle(job, t))}
          onClick={() => cancel.mutate(job.id)}
        >
          {t.maintenance.cancel}
        </Button>
      )}
      {cancel.error && <ProblemNotice error={cancel.error} />}
    </>
  );
}
