import { JOB_STATES, OPEN_JOB_STATES, type JobState } from '../../protocol/maintenance';
import { flawsOf, transition } from '../state-machine/machine';
import { isOver, JOB_MACHINE, type JobInput, type JobOutput, type JobTransition } from './job.machine';

const { table } = JOB_MACHINE;
type Timeout = (typeof table)[JobState]['timeout'];

describe('the machine of a maintenance job', () => {
  it('has no flaws, and ends where the protocol says so', () => {
    expect(flawsOf(JOB_MACHINE)).toEqual([]);
    const open = (Object.keys(JOB_STATES) as JobState[]).filter((state) => !isOver(state));
    expect(open).toEqual(OPEN_JOB_STATES);
  });

  it.each<[JobState, JobOutput[], Timeout]>([
    ['requested', ['send'], { after: 'expiry', input: 'expire' }],
    ['executing', ['poll'], { after: 'silence', input: 'silent', restarts: true }],
    ['held', ['poll'], { after: 'silence-after-expiry', input: 'silent', restarts: true }],
    ['succeeded', ['outdate-information'], undefined],
    ['failed', ['outdate-information'], undefined],
    ['cancelled', ['outdate-information'], undefined],
  ])('carries out when it enters %s: %j', (state, enter, timeout) => {
    expect(table[state]).toEqual({ enter, on: expect.anything() as object, ...(timeout && { timeout }) });
  });

  it.each<[JobState, JobInput, JobTransition | undefined]>([
    ['requested', 'started', { to: 'executing' }],
    ['requested', 'held', { to: 'held' }],
    ['requested', 'succeeded', { to: 'succeeded' }],
    ['requested', 'failed', { to: 'failed' }],
    ['requested', 'cancelled', { to: 'cancelled' }],
    ['requested', 'cancel', { to: 'cancelled' }],
    ['requested', 'expire', { to: 'failed', failure: 'expired' }],
    ['requested', 'silent', { to: 'failed', failure: 'agent-silent' }],
    ['requested', 'agent-removed', { to: 'failed', failure: 'agent-removed' }],
    ['requested', 'lost', undefined],
    ['held', 'started', { to: 'executing' }],
    ['held', 'held', { to: 'held' }],
    ['held', 'succeeded', { to: 'succeeded' }],
    ['held', 'failed', { to: 'failed' }],
    ['held', 'lost', { to: 'requested' }],
    ['held', 'cancel', undefined],
    ['held', 'expire', undefined],
    ['held', 'cancelled', { to: 'cancelled' }],
    ['held', 'silent', { to: 'failed', failure: 'agent-silent' }],
    ['held', 'agent-removed', { to: 'failed', failure: 'agent-removed' }],
    ['executing', 'started', { to: 'executing' }],
    ['executing', 'held', undefined],
    ['executing', 'succeeded', { to: 'succeeded' }],
    ['executing', 'failed', { to: 'failed' }],
    ['executing', 'cancel', undefined],
    ['executing', 'expire', undefined],
    ['executing', 'cancelled', { to: 'cancelled' }],
    ['executing', 'lost', { to: 'failed', failure: 'interrupted' }],
    ['executing', 'silent', { to: 'failed', failure: 'agent-silent' }],
    ['executing', 'agent-removed', { to: 'failed', failure: 'agent-removed' }],
    ['succeeded', 'failed', undefined],
    ['failed', 'succeeded', undefined],
    ['cancelled', 'started', undefined],
  ])('%s, %s: %j', (state, input, next) => {
    expect(transition(JOB_MACHINE, state, input)).toEqual(next);
  });

  it.each<[flaw: string, change: Partial<typeof table>]>([
    [
      'held is still open after its timeout',
      { held: { ...table.held, timeout: { after: 'silence-after-expiry', input: 'lost' } } },
    ],
    [
      'executing -> lost names no failure',
      { executing: { ...table.executing, on: { ...table.executing.on, lost: { to: 'failed' } } } },
    ],
    [
      'held -> cancelled names a failure and does not fail',
      { held: { ...table.held, on: { ...table.held.on, cancelled: { to: 'cancelled', failure: 'expired' } } } },
    ],
  ])('is refused: %s', (flaw, change) => {
    expect(flawsOf({ ...JOB_MACHINE, table: { ...table, ...change } })).toContain(flaw);
  });
});
