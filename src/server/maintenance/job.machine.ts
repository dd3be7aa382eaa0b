import type { JobFailure, JobState } from '../../protocol/maintenance';
import type { Machine, Transition } from '../state-machine/machine';

export type JobInput =
  // reports of the agent
  | 'started'
  | 'held'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  /** The agent does not know the job, or no longer. */
  | 'lost'
  /** A user cancels a job that was never sent. */
  | 'cancel'
  /** The agent is not connected and was not woken. */
  | 'not-woken'
  /** The job was never sent and may no longer start. */
  | 'expire'
  /** The agent may have the job and has not reported for too long. */
  | 'silent'
  | 'agent-removed';

export type JobOutput =
  /** Send the job to its agent, until the agent answers. */
  | 'send'
  /** Poll the agent for reports. */
  | 'poll'
  /** Mark stored device information as outdated if the job may have changed the device. */
  | 'outdate-information';

/** `expiry` is the job's own; `silence` counts from the last report. */
export type JobWait = 'expiry' | 'silence' | 'silence-after-expiry';

export interface JobTransition extends Transition<JobState, JobOutput> {
  /** Why the job failed; the input `failed` brings its own. */
  readonly failure?: JobFailure;
}

const started = { to: 'executing' } as const;
const held = { to: 'held' } as const;
const succeeded = { to: 'succeeded' } as const;
const failed = { to: 'failed' } as const;
const cancelled = { to: 'cancelled' } as const;
const silent = { to: 'failed', failure: 'agent-silent' } as const;
const removed = { to: 'failed', failure: 'agent-removed' } as const;

const ENDS: readonly JobState[] = ['succeeded', 'failed', 'cancelled'];

/**
 * The life cycle of a maintenance job.
 *
 *   requested -> executing -> succeeded | failed
 *      |  ^         ^
 *      v  |         |
 *      held --------+          requested, held -> cancelled | failed
 */
export const JOB_MACHINE: Machine<JobState, JobInput, JobOutput, JobWait, JobTransition> = {
  name: 'job',
  idField: 'jobId',
  initial: 'requested',
  ends: ENDS,
  table: {
    requested: {
      enter: ['send'],
      timeout: { after: 'expiry', input: 'expire' },
      on: {
        started,
        held,
        succeeded,
        failed,
        cancelled,
        cancel: cancelled,
        'not-woken': { to: 'requested' },
        expire: { to: 'failed', failure: 'expired' },
        // it may have started: only the answer is missing
        silent,
        'agent-removed': removed,
      },
    },
    executing: {
      enter: ['poll'],
      timeout: { after: 'silence', input: 'silent', restarts: true },
      on: {
        started,
        succeeded,
        failed,
        cancelled,
        lost: { to: 'failed', failure: 'interrupted' },
        silent,
        'agent-removed': removed,
      },
    },
    held: {
      enter: ['poll'],
      // an offline agent may start the job at any time before it expires
      timeout: { after: 'silence-after-expiry', input: 'silent', restarts: true },
      on: { started, held, succeeded, failed, cancelled, lost: { to: 'requested' }, silent, 'agent-removed': removed },
    },
    succeeded: { enter: ['outdate-information'], on: {} },
    failed: { enter: ['outdate-information'], on: {} },
    cancelled: { enter: ['outdate-information'], on: {} },
  },

  flaws(_state, { on, timeout }) {
    const afterTimeout = timeout && on[timeout.input]?.to;
    const found = afterTimeout && !ENDS.includes(afterTimeout) ? ['is still open after its timeout'] : [];
    for (const [input, { to, failure }] of Object.entries(on)) {
      if (to === 'failed' && !failure && input !== 'failed') found.push(`-> ${input} names no failure`);
      if (to !== 'failed' && failure) found.push(`-> ${input} names a failure and does not fail`);
    }
    return found;
  },
};

export const isOver = (state: JobState): boolean => ENDS.includes(state);
