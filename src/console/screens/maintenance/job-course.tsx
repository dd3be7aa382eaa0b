import type { Job } from '../../../protocol/maintenance';
import { useFormats, useText } from '../../messages/language';
import { Steps } from '../../parts/steps';
import { JobProgress } from './job-state';
import { stepsOf, type JobStep } from './job-steps';

/** Asked for, sent, held back, begun, ended: each with its time, and what is waited for. */
export function JobCourse({ job }: { job: Job }) {
  const t = useText();
  const formats = useFormats();
  const hintOf = ({ step, mark, at }: JobStep) => {
    if (step === 'held') return job.hold && t.maintenance.holds[job.hold];
    const moment = at && `${formats.day(at)}, ${formats.clock(at)}`;
    if (mark !== 'now') return moment;
    if (step === 'sent') return t.maintenance.waiting;
    return (
      <>
        {moment}
        <JobProgress job={job} />
      </>
    );
  };
  const steps = stepsOf(job);
  return (
    <Steps
      label={t.maintenance.course}
      steps={steps.map((each) => ({
        key: each.step,
        mark: each.mark,
        title: t.maintenance.steps[each.step],
        hint: hintOf(each),
      }))}
    />
  );
}
