import type { JobFailure, JobState } from '../../protocol/maintenance';

/**
 * The life of a maintenance job as a table of data: state x input -> next state. Pure: whoever applies a transition
 * saves it (job.lifecycle.ts).
 *
 *   requested -> executing -> succeeded | failed
 *      |  ^         ^
 *      v  |         |
 *      held --------+          requested, held -> cancelled | failed
 *
 * What is said to the agent follows from the state: a job that is `requested` is sent to it, one that is `executing` or
 * `held` is asked about (job-dialogue.ts), also by a server that was started again.
 */
export type Input =
  // what the agent says of it
  | 'began'
  | 'held'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  /** The agent does not know the job (any more). */
  | 'lost'
  /** A person withdraws a job that the agent does not have. */
  | 'cancel'
  /** It may not begin any more, and the agent has never been asked. */
  | 'expire'
  /** The agent was asked, and has said nothing for too long. */
  | 'silent'
  | 'agent-removed';

export interface Transition {
  readonly to: JobState;
  /** Why a job has failed; the input `failed` brings its own. */
  readonly failure?: JobFailure;
}

/** When the wait in a state is over: `expiry` is the job's own; `silence` counts from the last report. */
export type Wait = 'expiry' | 'silence' | 'silence-after-expiry';

export interface StateRow {
  readonly timeout?: { readonly after: Wait; readonly input: Input };
  readonly on: Partial<Record<Input, Transition>>;
}

const succeeded = { to: 'succeeded' } as const;
const failed = { to: 'failed' } as const;
const cancelled = { to: 'cancelled' } as const;
const silent = { to: 'failed', failure: 'agent-silent' } as const;
const removed = { to: 'failed', failure: 'agent-removed' } as const;

export const JOB_MACHINE: Record<JobState, StateRow> = {
  requested: {
    timeout: { after: 'expiry', input: 'expire' },
    on: {
      began: { to: 'executing' },
      held: { to: 'held' },
      succeeded,
      failed,
      cancelled,
      cancel: cancelled,
      expire: { to: 'failed', failure: 'expired' },
      // it may have begun: only its answer was lost
      silent,
      'agent-removed': removed,
    },
  },
  executing: {
    timeout: { after: 'silence', input: 'silent' },
    on: {
      began: { to: 'executing' },
      succeeded,
      failed,
      cancelled,
      lost: { to: 'failed', failure: 'interrupted' },
      silent,
      'agent-removed': removed,
    },
  },
  held: {
    // an agent that is away may still have it begun as long as it has not expired
    timeout: { after: 'silence-after-expiry', input: 'silent' },
    on: {
      began: { to: 'executing' },
      held: { to: 'held' },
      succeeded,
      failed,
      cancelled,
      lost: { to: 'requested' },
      silent,
      'agent-removed': removed,
    },
  },
  succeeded: { on: {} },
  failed: { on: {} },
  cancelled: { on: {} },
};

/** The transition for an input, or undefined where the state does not take it. */
export const transition = (state: JobState, input: Input): Transition | undefined => JOB_MACHINE[state].on[input];

export const isOver = (state: JobState): boolean => Object.keys(JOB_MACHINE[state].on).length === 0;

const ENDS: readonly JobState[] = ['succeeded', 'failed', 'cancelled'];

/** @returns every flaw of a machine in words; the server refuses to start with one. */
export function flawsOf(machine: Record<JobState, StateRow>): string[] {
  const flaws: string[] = [];
  const reached = new Set<JobState>(['requested']);
  for (const state of reached) for (const next of Object.values(machine[state].on)) reached.add(next.to);

  for (const [state, { on, timeout }] of Object.entries(machine) as [JobState, StateRow][]) {
    const isEnd = Object.keys(on).length === 0;
    if (!reached.has(state)) flaws.push(`${state} is never reached`);
    if (isEnd !== ENDS.includes(state)) flaws.push(isEnd ? `${state} has no exit` : `${state} has an exit`);
    if (!isEnd && !timeout) flaws.push(`${state} waits without a timeout`);
    if (timeout && !on[timeout.input]) flaws.push(`${state} does not take its own timeout ${timeout.input}`);
    if (timeout && on[timeout.input] && !ENDS.includes(on[timeout.input]!.to))
      flaws.push(`${state} is still open after its timeout`);
    for (const [input, { to, failure }] of Object.entries(on)) {
      if (to === 'failed' && !failure && input !== 'failed') flaws.push(`${state} -> ${input} names no failure`);
      if (to !== 'failed' && failure) flaws.push(`${state} -> ${input} names a failure and does not fail`);
    }
  }
  return flaws;
}
