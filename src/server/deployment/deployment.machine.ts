import type { DeploymentReason, DeploymentState } from '../../protocol/deployment';
import type { FollowUp, Machine, Transition } from '../state-machine/machine';
import type { DeploymentEntity } from './deployment.entity';

export type DeploymentInput =
  | 'execute'
  | 'wait-for-idle'
  | 'schedule'
  | 'abort'
  /** The deadline of the state has passed. */
  | 'expire'
  /** The work of the state has succeeded, or has failed. */
  | 'done'
  | 'fail';

/** What keeps a state busy until it is done or has failed; at most one at a time for each deployment. */
export type DeploymentWork =
  /** Keep the device list current. */
  | 'update-list'
  | 'await-idle'
  /** Start the candidate and run the trial. */
  | 'try-candidate'
  /** S314-S338 */
  | 'halt-sessions'
  /** S317 */
  | 'take-over'
  | 'monitor'
  | 'roll-back';

export type DeploymentOutput = 'admit-sessions' | 'refuse-sessions' | DeploymentWork;

/** Which limit or setting bounds a state; `at` is the deployment's own. */
export type DeploymentWait = 'list' | 'idle' | 'at' | 'trial' | 'drain' | 'take-over' | 'monitor' | 'roll-back';

export interface DeploymentTransition extends Transition<DeploymentState, DeploymentOutput> {
  /** Set unless the deployment has a reason already, or the input brings a more precise one. */
  readonly reason?: DeploymentReason;
}

/** What an input brings. */
export interface DeploymentDetails {
  readonly from?: DeploymentState;
  /** More precise than the table's. */
  readonly reason?: DeploymentReason;
  readonly detail?: string;
  readonly output?: string;
  readonly values?: Partial<DeploymentEntity>;
}
export type DeploymentFollowUp = FollowUp<DeploymentInput, DeploymentDetails>;

const abort = { to: 'aborted', reason: 'aborted-by-administrator' } as const;
const abortAndRollBack = { to: 'going-back', reason: 'aborted-by-administrator' } as const;
const fail = { to: 'going-back' } as const;
const end = { enter: ['admit-sessions'], on: {} } as const;

const ENDS: readonly DeploymentState[] = ['deployed', 'rolled-back', 'aborted', 'failed'];

/**
 * The life cycle of a deployment.
 *
 *   listed | awaiting-idle | scheduled -> trying -> draining -> taking-over -> proving -> deployed
 *        |                                  |          |             |            |
 *     aborted                               +----------+-------------+------------+-> going-back -> rolled-back | failed
 *
 * Work belongs to the state, not to the transition into it, so that a restarted server reads the state and resumes.
 */
export const DEPLOYMENT_MACHINE: Machine<
  DeploymentState,
  DeploymentInput,
  DeploymentOutput,
  DeploymentWait,
  DeploymentTransition
> = {
  name: 'deployment',
  idField: 'deploymentId',
  initial: 'listed',
  ends: ENDS,
  table: {
    listed: {
      enter: ['admit-sessions', 'update-list'],
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
      enter: ['admit-sessions', 'await-idle'],
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
      enter: ['admit-sessions', 'update-list'],
      timeout: { after: 'at', input: 'execute' },
      on: {
        execute: { to: 'trying' },
        'wait-for-idle': { to: 'awaiting-idle' },
        abort,
        // the server was stopped at the scheduled time and long after it
        expire: { to: 'aborted', reason: 'never-executed' },
      },
    },
    trying: {
      enter: ['refuse-sessions', 'try-candidate'],
      timeout: { after: 'trial', input: 'expire' },
      on: {
        done: { to: 'draining' },
        fail,
        abort: abortAndRollBack,
        expire: { to: 'going-back', reason: 'does-not-answer' },
      },
    },
    draining: {
      enter: ['refuse-sessions', 'halt-sessions'],
      timeout: { after: 'drain', input: 'expire' },
      on: {
        done: { to: 'taking-over' },
        fail,
        abort: abortAndRollBack,
        expire: { to: 'going-back', reason: 'sessions-remain' },
      },
    },
    'taking-over': {
      enter: ['refuse-sessions', 'take-over'],
      timeout: { after: 'take-over', input: 'expire' },
      on: { done: { to: 'proving' }, fail, expire: { to: 'going-back', reason: 'take-over-failed' } },
    },
    proving: {
      enter: ['admit-sessions', 'monitor'],
      timeout: { after: 'monitor', input: 'expire' },
      on: { done: { to: 'deployed' }, fail, expire: { to: 'going-back', reason: 'does-not-answer' } },
    },
    'going-back': {
      enter: ['refuse-sessions', 'roll-back'],
      timeout: { after: 'roll-back', input: 'expire' },
      on: { done: { to: 'rolled-back' }, fail: { to: 'failed' }, expire: { to: 'failed' } },
    },
    deployed: end,
    'rolled-back': end,
    aborted: end,
    failed: end,
  },

  flaws(state, { enter = [], on }) {
    const [admission, work, ...more] = enter;
    const isEnd = ENDS.includes(state);
    const found: string[] = [];
    if (admission !== 'admit-sessions' && admission !== 'refuse-sessions')
      found.push('neither admits nor refuses sessions');
    if (isEnd && (work || admission === 'refuse-sessions'))
      found.push('is an end, and still works or refuses sessions');
    if (!isEnd && (!work || more.length > 0)) found.push('does not have exactly one work');
    if (work && work !== 'update-list' && !on.done) found.push('does not take the end of its work');
    for (const [input, { to, reason }] of Object.entries(on)) {
      if (to === state) found.push(`-> ${input} changes nothing`);
      if ((to === 'aborted' || to === 'going-back') && !reason && input !== 'fail')
        found.push(`-> ${input} names no reason`);
    }
    return found;
  },
};

export const isOver = (state: DeploymentState): boolean => ENDS.includes(state);

/** Whether new sessions are refused in this state. */
export const isRefusing = (state: DeploymentState): boolean =>
  DEPLOYMENT_MACHINE.table[state].enter!.includes('refuse-sessions');
