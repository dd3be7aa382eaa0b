import type { Job } from '../../../protocol/maintenance';
import { isOpenJob } from '../../api/jobs';
import type { Mark } from '../../parts/steps';

export interface JobStep {
  readonly step: 'requested' | 'sent' | 'held' | 'began' | 'succeeded' | 'failed' | 'cancelled';
  readonly mark: Mark;
  readonly at: string | null;
}

/** The steps of a job: completed ones with their times, the current one, and the next ones. */
export function stepsOf(job: Job): JobStep[] {
  const { state, requestedAt, sentAt, beganAt, endedAt } = job;
  const open = isOpenJob(job);
  const steps: JobStep[] = [{ step: 'requested', mark: 'done', at: requestedAt }];
  if (open || sentAt) steps.push({ step: 'sent', mark: sentAt ? 'done' : 'now', at: sentAt });
  if (state === 'held') steps.push({ step: 'held', mark: 'now', at: null });
  if (open || beganAt) steps.push({ step: 'began', mark: beganMark(job), at: beganAt });
  if (open) steps.push({ step: 'succeeded', mark: 'next', at: null });
  else steps.push({ step: state as JobStep['step'], mark: state === 'failed' ? 'bad' : 'done', at: endedAt });
  return steps;
}

function beganMark({ state, sentAt }: Job): Mark {
  if (state === 'executing' && sentAt) return 'now';
  return state === 'requested' || state === 'held' || state === 'executing' ? 'next' : 'done';
}
