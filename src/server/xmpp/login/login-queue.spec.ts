import { RETRY_AFTER_SECONDS } from '../../../protocol/waits';
import { xmppLimits } from '../xmpp-limits';
import { LoginQueue, type Admitted } from './login-queue';

describe('the queue of logins', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const start = (XMPP_LOGINS_PER_SECOND: number, XMPP_LOGINS_WAITING: number, completes = true) => {
    const queue = new LoginQueue(xmppLimits({ XMPP_LOGINS_PER_SECOND, XMPP_LOGINS_WAITING }));
    const admitted: number[] = [];
    const deferred: number[] = [];
    const open: Admitted[] = [];
    let count = 0;
    const take = (wanted: number) => {
      for (let i = 0; i < wanted; i += 1)
        void queue.enter(`agent ${(count += 1)}`).then((outcome) => {
          if (typeof outcome === 'number') return deferred.push(outcome);
          admitted.push(performance.now());
          if (completes) outcome();
          else open.push(outcome);
        });
    };
    return { queue, admitted, deferred, open, take };
  };

  it('admits one at once, and many at a rate', async () => {
    const { admitted, deferred, take } = start(100, 1_000);
    take(1);
    await jest.advanceTimersByTimeAsync(0);
    expect(admitted).toHaveLength(1);
    take(500);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(admitted.length).toBeGreaterThan(190);
    expect(admitted.length).toBeLessThan(215);
    await jest.advanceTimersByTimeAsync(4_000);
    expect([admitted.length, deferred.length]).toEqual([501, 0]);
  });

  it('says whether some wait', async () => {
    const { queue, admitted, take } = start(100, 1_000);
    expect(queue.isWaitedIn).toBe(false);
    take(50);
    await jest.advanceTimersByTimeAsync(0);
    expect(queue.isWaitedIn).toBe(true);
    await jest.advanceTimersByTimeAsync(2_000);
    expect([admitted.length, queue.isWaitedIn]).toEqual([50, false]);
  });

  it('admits fewer while the server is busy', async () => {
    const { admitted, take } = start(400, 1_000);
    take(400);
    await jest.advanceTimersByTimeAsync(0);
    const before = admitted.length;
    jest.setSystemTime(Date.now() + 10_000);
    jest.advanceTimersToNextTimer();
    await Promise.resolve();
    expect(admitted.length - before).toBeLessThanOrEqual(10);
  });

  it('asks those that have to return to do so at different times', async () => {
    const { admitted, deferred, take } = start(100, 200);
    take(10_000);
    await jest.advanceTimersByTimeAsync(0);
    expect(admitted.length).toBeLessThan(10);
    expect(deferred.length).toBeGreaterThan(9_700);
    expect(Math.min(...deferred)).toBeLessThanOrEqual(3);
    expect(Math.max(...deferred)).toBe(RETRY_AFTER_SECONDS.most);
    for (let second = 3; second < 50; second += 1)
      expect(deferred.filter((each) => each === second).length).toBeLessThanOrEqual(101);
  });

  it('admits no more than XMPP_LOGINS_AT_ONCE until their logins are complete, or have taken too long', async () => {
    const { XMPP_LOGINS_AT_ONCE, XMPP_LOGIN_COMPLETE_MS } = xmppLimits();
    const { admitted, open, take } = start(1_000, 1_000, false);
    take(XMPP_LOGINS_AT_ONCE * 2);
    await jest.advanceTimersByTimeAsync(XMPP_LOGIN_COMPLETE_MS / 2);
    expect(admitted).toHaveLength(XMPP_LOGINS_AT_ONCE);
    for (const complete of open.slice(0, 3)) for (let calls = 0; calls < 2; calls += 1) complete();
    await jest.advanceTimersByTimeAsync(100);
    expect(admitted).toHaveLength(XMPP_LOGINS_AT_ONCE + 3);
    await jest.advanceTimersByTimeAsync(XMPP_LOGIN_COMPLETE_MS / 2);
    expect(admitted).toHaveLength(XMPP_LOGINS_AT_ONCE * 2);
  });

  it('asks those that have waited for too long to return later, and admits the next', async () => {
    const limits = xmppLimits({ XMPP_LOGINS_AT_ONCE: 1, XMPP_LOGIN_COMPLETE_MS: 60_000 });
    const queue = new LoginQueue(limits);
    const first = await queue.enter('first');
    const late = queue.enter('late');
    await jest.advanceTimersByTimeAsync(limits.XMPP_LOGIN_WAIT_MS);
    const next = queue.enter('next');
    if (typeof first !== 'number') first();
    await jest.advanceTimersByTimeAsync(100);
    expect([typeof first, typeof (await late), typeof (await next)]).toEqual(['function', 'number', 'function']);
  });

  it('asks an agent that logs in again and again to return later, and no other', async () => {
    const limits = xmppLimits({ XMPP_LOGINS_PER_ACCOUNT: 3 });
    const queue = new LoginQueue(limits);
    const enter = async (account: string) => {
      const outcome = queue.enter(account);
      await jest.advanceTimersByTimeAsync(100);
      return outcome;
    };
    for (let n = 0; n < 3; n += 1) expect(typeof (await enter('restless'))).toBe('function');
    expect(await enter('restless')).toBe(20);
    expect(typeof (await enter('other'))).toBe('function');
    await jest.advanceTimersByTimeAsync(20_000);
    expect(typeof (await enter('restless'))).toBe('function');
  });

  it('admits all that wait', async () => {
    const { admitted, deferred, take } = start(100, 200);
    take(300);
    await jest.advanceTimersByTimeAsync(5_000);
    take(1);
    await jest.advanceTimersByTimeAsync(0);
    expect(admitted.length + deferred.length).toBe(301);
    expect(deferred.length).toBeLessThan(100);
  });
});
