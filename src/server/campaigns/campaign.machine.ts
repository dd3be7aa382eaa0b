import type { CampaignReason, CampaignState } from '../../protocol/campaign';
import type { Machine, Transition } from '../state-machine/machine';

export type CampaignInput =
  /** The time to start has come. */
  | 'start'
  | 'pause'
  | 'resume'
  | 'abort'
  /** The campaign pauses without a user; the input brings the reason. */
  | 'stop'
  /** Every device has its result. */
  | 'finish'
  /** No job is open any more. */
  | 'done'
  /** The deadline of the state has passed. */
  | 'expire';

/** `advance`: do what the state demands, see `CampaignRunner`. */
export type CampaignOutput = 'advance';

/** `start` and `end` are the campaign's own; `jobs`: until the last job can be over. */
export type CampaignWaitOf = 'start' | 'end' | 'jobs';

export interface CampaignTransition extends Transition<CampaignState, CampaignOutput> {
  /** Set, or with null removed. `stop` brings its own. */
  readonly reason?: CampaignReason | null;
}

const abort = { to: 'aborting', reason: 'user' } as const;
const expire = { to: 'aborting', reason: 'time-over' } as const;
const over = { enter: ['advance'], on: {} } as const;

const ENDS: readonly CampaignState[] = ['completed', 'aborted'];

/**
 * The life cycle of a campaign.
 *
 *   scheduled -> running <-> paused
 *       |         |  |          |
 *       |         |  +----------+-> aborting -> aborted
 *       +---------|-----------------^
 *                 +-> completed
 */
export const CAMPAIGN_MACHINE: Machine<
  CampaignState,
  CampaignInput,
  CampaignOutput,
  CampaignWaitOf,
  CampaignTransition
> = {
  name: 'campaign',
  idField: 'campaignId',
  initial: 'scheduled',
  ends: ENDS,
  table: {
    scheduled: {
      timeout: { after: 'start', input: 'start' },
      on: { start: { to: 'running' }, abort },
    },
    running: {
      enter: ['advance'],
      timeout: { after: 'end', input: 'expire' },
      on: {
        pause: { to: 'paused', reason: 'user' },
        stop: { to: 'paused' },
        finish: { to: 'completed' },
        abort,
        expire,
      },
    },
    paused: {
      enter: ['advance'],
      timeout: { after: 'end', input: 'expire' },
      on: { resume: { to: 'running', reason: null }, abort, expire },
    },
    aborting: {
      enter: ['advance'],
      timeout: { after: 'jobs', input: 'expire' },
      on: { done: { to: 'aborted' }, expire: { to: 'aborted' } },
    },
    completed: over,
    aborted: over,
  },

  flaws(_state, { on }) {
    return Object.entries(on).flatMap(([input, { to, reason }]) =>
      (to === 'paused' || to === 'aborting') && !reason && input !== 'stop' ? [`-> ${input} names no reason`] : [],
    );
  },
};

export const isOver = (state: CampaignState): boolean => ENDS.includes(state);
