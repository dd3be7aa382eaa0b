import { CAMPAIGN_STATES, OPEN_CAMPAIGN_STATES, type CampaignState } from '../../protocol/campaign';
import { flawsOf, transition } from '../state-machine/machine';
import {
  CAMPAIGN_MACHINE,
  isOver,
  type CampaignInput,
  type CampaignOutput,
  type CampaignTransition,
} from './campaign.machine';

const { table } = CAMPAIGN_MACHINE;
type Timeout = (typeof table)[CampaignState]['timeout'];

const aborting = { to: 'aborting', reason: 'user' } as const;
const timeOver = { to: 'aborting', reason: 'time-over' } as const;

describe('the machine of a campaign', () => {
  it('has no flaws, and ends where the protocol says so', () => {
    expect(flawsOf(CAMPAIGN_MACHINE)).toEqual([]);
    const open = (Object.keys(CAMPAIGN_STATES) as CampaignState[]).filter((state) => !isOver(state));
    expect(open).toEqual(OPEN_CAMPAIGN_STATES);
  });

  it.each<[CampaignState, CampaignOutput[] | undefined, Timeout]>([
    ['scheduled', undefined, { after: 'start', input: 'start' }],
    ['running', ['advance'], { after: 'end', input: 'expire' }],
    ['paused', ['advance'], { after: 'end', input: 'expire' }],
    ['aborting', ['advance'], { after: 'jobs', input: 'expire' }],
    ['completed', ['advance'], undefined],
    ['aborted', ['advance'], undefined],
  ])('carries out when it enters %s: %j', (state, enter, timeout) => {
    const on = expect.anything() as object;
    expect(table[state]).toEqual({ on, ...(enter && { enter }), ...(timeout && { timeout }) });
  });

  it.each<[CampaignState, CampaignInput, CampaignTransition | undefined]>([
    ['scheduled', 'start', { to: 'running' }],
    ['scheduled', 'abort', aborting],
    ['scheduled', 'pause', undefined],
    ['running', 'pause', { to: 'paused', reason: 'user' }],
    ['running', 'stop', { to: 'paused' }],
    ['running', 'finish', { to: 'completed' }],
    ['running', 'abort', aborting],
    ['running', 'expire', timeOver],
    ['running', 'resume', undefined],
    ['paused', 'resume', { to: 'running', reason: null }],
    ['paused', 'abort', aborting],
    ['paused', 'expire', timeOver],
    ['paused', 'finish', undefined],
    ['paused', 'stop', undefined],
    ['aborting', 'done', { to: 'aborted' }],
    ['aborting', 'expire', { to: 'aborted' }],
    ['aborting', 'resume', undefined],
    ['completed', 'abort', undefined],
    ['aborted', 'resume', undefined],
  ])('%s, %s: %j', (state, input, next) => {
    expect(transition(CAMPAIGN_MACHINE, state, input)).toEqual(next);
  });

  it('is refused if a pause has no reason', () => {
    const running = { ...table.running, on: { ...table.running.on, pause: { to: 'paused' as const } } };
    expect(flawsOf({ ...CAMPAIGN_MACHINE, table: { ...table, running } })).toContain(
      'running -> pause names no reason',
    );
  });
});
