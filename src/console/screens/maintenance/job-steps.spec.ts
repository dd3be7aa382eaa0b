import { sampleJob } from '../../../../test/support/samples/api-samples';
import type { Job } from '../../../protocol/maintenance';
import { stepsOf } from './job-steps';

const waiting: Partial<Job> = { state: 'requested', sentAt: null, beganAt: null, endedAt: null };
const sent: Partial<Job> = { ...waiting, sentAt: sampleJob.sentAt };
const began: Partial<Job> = { ...sent, state: 'executing', beganAt: sampleJob.beganAt };

describe('the steps of a job', () => {
  it.each<[string, Partial<Job>, string]>([
    ['waits for its agent', waiting, 'requested done, sent now, began next, succeeded next'],
    [
      'is on hold',
      { ...sent, state: 'held', hold: 'queued' },
      'requested done, sent done, held now, began next, succeeded next',
    ],
    ['is with the agent', { ...sent, state: 'executing' }, 'requested done, sent done, began now, succeeded next'],
    ['is running', began, 'requested done, sent done, began now, succeeded next'],
    ['is done', {}, 'requested done, sent done, began done, succeeded done'],
    ['has failed', { state: 'failed' }, 'requested done, sent done, began done, failed bad'],
    [
      'could not be sent in time',
      { ...waiting, state: 'failed', endedAt: sampleJob.endedAt },
      'requested done, failed bad',
    ],
    ['was cancelled at the agent', { ...sent, state: 'cancelled' }, 'requested done, sent done, cancelled done'],
  ])('show a job that %s', (_name, changed, course) => {
    const steps = stepsOf({ ...sampleJob, ...changed });
    expect(steps.map(({ step, mark }) => `${step} ${mark}`).join(', ')).toBe(course);
  });

  it('have times', () => {
    const { requestedAt, sentAt, beganAt, endedAt } = sampleJob;
    expect(stepsOf(sampleJob).map(({ at }) => at)).toEqual([requestedAt, sentAt, beganAt, endedAt]);
  });
});
