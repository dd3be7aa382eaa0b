import { JOB_STATES, OPEN_JOB_STATES, type JobState } from '../../protocol/maintenance';
import { flawsOf, isOver, JOB_MACHINE, transition, type Input, type StateRow, type Transition } from './job.machine';

describe('the machine of a maintenance job', () => {
  it('has no flaws, and is over where the protocol says so', () => {
    expect(flawsOf(JOB_MACHINE)).toEqual([]);
    const open = (Object.keys(JOB_STATES) as JobState[]).filter((state) => !isOver(state));
    expect(open).toEqual(OPEN_JOB_STATES);
  });

  it.each<[JobState, Input, Transition | undefined]>([
    ['requested', 'began', { to: 'executing' }],
    ['requested', 'held', { to: 'held' }],
    ['requested', 'succeeded', { to: 'succeeded' }],
    ['requested', 'cancel', { to: 'cancelled' }],
    ['requested', 'expire', { to: 'failed', failure: 'expired' }],
    ['requested', 'silent', { to: 'failed', failure: 'agent-silent' }],
    ['requested', 'lost', undefined],
    ['held', 'began', { to: 'executing' }],
    ['held', 'held', { to: 'held' }],
    ['held', 'lost', { to: 'requested' }],
    ['held', 'cancel', undefined],
    ['held', 'cancelled', { to: 'cancelled' }],
    ['held', 'silent', { to: 'failed', failure: 'agent-silent' }],
    ['executing', 'began', { to: 'executing' }],
    ['executing', 'held', undefined],
    ['executing', 'cancel', undefined],
    ['executing', 'lost', { to: 'failed', failure: 'interrupted' }],
    ['executing', 'silent', { to: 'failed', failure: 'agent-silent' }],
    ['executing', 'agent-removed', { to: 'failed', failure: 'agent-removed' }],
    ['succeeded', 'failed', undefined],
    ['cancelled', 'began', undefined],
  ])('%s, %s: %j', (state, input, next) => {
    expect(transition(state, input)).toEqual(next);
  });

  it.each<[flaw: string, change: Partial<Record<JobState, StateRow>>]>([
    ['held is never reached', { requested: { ...JOB_MACHINE.requested, on: { began: { to: 'executing' } } } }],
    ['held waits without a timeout', { held: { on: JOB_MACHINE.held.on } }],
    ['held has no exit', { held: { on: {} } }],
    ['failed has an exit', { failed: { on: { cancel: { to: 'cancelled' } } } }],
    [
      'held does not take its own timeout expire',
      { held: { ...JOB_MACHINE.held, timeout: { after: 'expiry', input: 'expire' } } },
    ],
    [
      'held is still open after its timeout',
      { held: { ...JOB_MACHINE.held, timeout: { after: 'expiry', input: 'lost' } } },
    ],
    [
      'executing -> lost names no failure',
      { executing: { ...JOB_MACHINE.executing, on: { ...JOB_MACHINE.executing.on, lost: { to: 'failed' } } } },
    ],
  ])('is refused: %s', (flaw, change) => {
    expect(flawsOf({ ...JOB_MACHINE, ...change })).toContain(flaw);
  });
});
