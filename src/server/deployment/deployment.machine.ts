import type { DeploymentReason, DeploymentState } from '../../protocol/deployment';

/**
 * The life of a deployment as a table of data: state x input -> next state. Pure: whoever applies a transition saves it
 * and carries out what the new state asks for (deployment.lifecycle.ts).
 *
 *   listed | awaiting-idle | scheduled -> trying -> draining -> taking-over -> proving -> deployed
 *        |                                  |          |             |            |
 *     aborted                               +----------+-------------+------------+-> going-back -> rolled-back | failed
 *
 * What a state asks for belongs to the state, not to the way into it: a server that is started again reads the state,
 * and takes up the same work.
 */
export type Input =
  | 'execute'
  | 'wait-for-idle'
  | 'schedule'
  | 'abort'
  /** The time of the state is over. */
  | 'expire'
  /** The work of the state is done, or has failed. */
  | 'done'
  | 'fail';

/** What is going on in a state, until it is done or has failed. */
export type Work =
  /** Keeps the device list as it is now. */
  | 'list'
  | 'await-idle'
  | 'try'
  /** S314-S338 */
  | 'drain'
  /** S317 */
  | 'take-over'
  | 'prove'
  | 'go-back';

/** Which setting bounds a state; `at` is the deployment's own. */
export type Wait = 'list' | 'idle' | 'at' | 'try' | 'drain' | 'takeOver' | 'prove' | 'goBack';

export interface Transition {
  readonly to: DeploymentState;
  /** Set unless the deployment has a reason already, or the input brings a better one. */
  readonly reason?: DeploymentReason;
}

export interface StateRow {
  readonly work?: Work;
  /** New sessions are refused meanwhile. */
  readonly refuses?: true;
  readonly timeout?: { readonly after: Wait; readonly input: Input };
  readonly on: Partial<Record<Input, Transition>>;
}

const abort = { to: 'aborted', reason: 'aborted-by-administrator' } as const;
const takeBack = { to: 'going-back', reason: 'aborted-by-administrator' } as const;
const fail = { to: 'going-back' } as const;

export const DEPLOYMENT_MACHINE: Record<DeploymentState, StateRow> = {
  listed: {
    work: 'list',
    timeout: { after: 'list', input: 'expire' },
    on: {
      execute: { to: 'trying' },
      'wait-for-idle': { to: 'awaiting-idle' },
      schedule: { to: 'scheduled' },
      abort,
      expire: { to: 'aborted', reason: 'never-executed' },
    },
  },
  'awaiting-idle': {
    work: 'await-idle',
    timeout: { after: 'idle', input: 'expire' },
    on: {
      done: { to: 'trying' },
      execute: { to: 'trying' },
      schedule: { to: 'scheduled' },
      abort,
      expire: { to: 'aborted', reason: 'never-idle' },
    },
  },
  scheduled: {
    work: 'list',
    timeout: { after: 'at', input: 'execute' },
    on: {
      execute: { to: 'trying' },
      'wait-for-idle': { to: 'awaiting-idle' },
      abort,
      // the server was down at the time set, and long afterwards
      expire: { to: 'aborted', reason: 'never-executed' },
    },
  },
  trying: {
    work: 'try',
    refuses: true,
    timeout: { after: 'try', input: 'expire' },
    on: {
      done: { to: 'draining' },
      fail,
      abort: takeBack,
      expire: { to: 'going-back', reason: 'does-not-answer' },
    },
  },
  draining: {
    work: 'drain',
    refuses: true,
    timeout: { after: 'drain', input: 'expire' },
    on: {
      done: { to: 'taking-over' },
      fail,
      abort: takeBack,
      expire: { to: 'going-back', reason: 'sessions-remain' },
    },
  },
  'taking-over': {
    work: 'take-over',
    refuses: true,
    timeout: { after: 'takeOver', input: 'expire' },
    on: { done: { to: 'proving' }, fail, expire: { to: 'going-back', reason: 'take-over-failed' } },
  },
  proving: {
    work: 'prove',
    timeout: { after: 'prove', input: 'expire' },
    on: { done: { to: 'deployed' }, fail, expire: { to: 'going-back', reason: 'does-not-answer' } },
  },
  'going-back': {
    work: 'go-back',
    refuses: true,
    timeout: { after: 'goBack', input: 'expire' },
    on: { done: { to: 'rolled-back' }, fail: { to: 'failed' }, expire: { to: 'failed' } },
  },
  deployed: { on: {} },
  'rolled-back': { on: {} },
  aborted: { on: {} },
  failed: { on: {} },
};

/** The transition for an input, or undefined where the state does not take it. */
export const transition = (state: DeploymentState, input: Input): Transition | undefined =>
  DEPLOYMENT_MACHINE[state].on[input];

export const isFinal = (state: DeploymentState): boolean => Object.keys(DEPLOYMENT_MACHINE[state].on).length === 0;

const ENDS: readonly DeploymentState[] = ['deployed', 'rolled-back', 'aborted', 'failed'];

/** @returns every flaw of a machine in words; the server refuses to start with one. */
export function flawsOf(machine: Record<DeploymentState, StateRow>): string[] {
  const flaws: string[] = [];
  const reached = new Set<DeploymentState>(['listed']);
  for (const state of reached) for (const next of Object.values(machine[state].on)) reached.add(next.to);

  for (const [state, row] of Object.entries(machine) as [DeploymentState, StateRow][]) {
    const { on, timeout, work, refuses } = row;
    const isEnd = Object.keys(on).length === 0;
    if (!reached.has(state)) flaws.push(`${state} is never reached`);
    if (isEnd !== ENDS.includes(state)) flaws.push(isEnd ? `${state} has no exit` : `${state} has an exit`);
    if (isEnd && (work || refuses)) flaws.push(`${state} is over and goes on working`);
    if (!isEnd && !work) flaws.push(`${state} waits for nothing`);
    if (!isEnd && !timeout) flaws.push(`${state} waits without a timeout`);
    if (timeout && !on[timeout.input]) flaws.push(`${state} does not take its own timeout ${timeout.input}`);
    if (work && work !== 'list' && !on.done) flaws.push(`${state} does not take the end of its work`);
    for (const [input, { to, reason }] of Object.entries(on)) {
      if (to === state) flaws.push(`${state} -> ${input} changes nothing`);
      const unnamed = (to === 'aborted' || to === 'going-back') && !reason;
      if (unnamed && input !== 'fail') flaws.push(`${state} -> ${input} names no reason`);
    }
  }
  return flaws;
}
