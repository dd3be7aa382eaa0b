import { until } from '../../../test/support/until';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { setLimit } from '../../../test/support/relay/test-relay';
import { LIMITS } from '../../protocol/limits';
import type { SessionState } from '../../protocol/remote-session';
import { HeldPolls } from './held-polls';
import { SessionEvents } from './session-events';
import type { SessionEntity } from './session.entity';

describe('held polls', () => {
  let events: SessionEvents;
  let polls: HeldPolls;
  let looks: number;
  beforeEach(() => {
    events = new SessionEvents(recordedJournal().journal);
    polls = new HeldPolls(events);
    looks = 0;
  });
  afterEach(() => {
    polls.beforeApplicationShutdown();
    jest.restoreAllMocks();
  });

  const changed = (id: string, state: SessionState = 'requested') =>
    events.publish('changed', { id, state } as SessionEntity);
  /** A poll that is answered at its look number `answeredAt`. */
  const held = (id: string, answeredAt = Infinity) => polls.hold(id, () => Promise.resolve(++looks >= answeredAt));

  it('are answered at the change that they wait for, of their session only', async () => {
    const poll = held('one', 3);
    changed('two');
    for (const look of [2, 3]) {
      changed('one');
      await until(`look ${look}`, () => looks === look);
    }
    await poll;
    changed('one');
    expect(looks).toBe(3);
  });

  it('see `approved` only if it lasts', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] });
    try {
      void held('one');
      void held('two');
      await new Promise(setImmediate);
      changed('one', 'approved');
      changed('two', 'approved');
      changed('two', 'prepared');
      await new Promise(setImmediate);
      expect(looks).toBe(3);
      await jest.advanceTimersByTimeAsync(1_000);
      expect(looks).toBe(5);
    } finally {
      jest.useRealTimers();
    }
  });

  it('get the session as it has changed, and nothing if only something else has', async () => {
    const seen: unknown[] = [];
    const poll = polls.hold('one', (session) => Promise.resolve(seen.push(session?.state) === 3));
    changed('one', 'prepared');
    await until('the change', () => seen.length === 2);
    polls.look('one');
    await poll;
    expect(seen).toEqual([undefined, 'prepared', undefined]);
  });

  it.each([
    ['approved', 100, true],
    ['approved', 1_000, false],
    ['prepared', 100, false],
  ] as const)('that begin while a session is %s for %s ms wait for its next state: %s', (state, ms, isPassing) => {
    const session = { state, approvedAt: new Date(Date.now() - ms) } as SessionEntity;
    expect(polls.isPassing(session)).toBe(isPassing);
  });

  it('see a change that comes while they look', async () => {
    await polls.hold('one', () => {
      looks += 1;
      if (looks === 1) changed('one');
      return Promise.resolve(looks === 2);
    });
    expect(looks).toBe(2);
  });

  it('are answered after some time', async () => {
    setLimit('POLL_HELD_MS', 5);
    await held('one');
    expect(looks).toBe(1);
  });

  it('are answered, the oldest first, when one session has too many', async () => {
    const all = Array.from({ length: LIMITS.POLLS_HELD_PER_SESSION }, () => held('one'));
    void held('one');
    await all[0];
  });

  it('are answered when the server stops', async () => {
    const poll = held('one');
    polls.beforeApplicationShutdown();
    await poll;
  });

  it('fail as their look does', async () => {
    await expect(polls.hold('one', () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  });
});
