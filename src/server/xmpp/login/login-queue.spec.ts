import { RETRY_AFTER_SECONDS } from '../../../protocol/waits';
import { LoginQueue } from './login-queue';

describe('the queue of logins', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const start = (XMPP_LOGINS_PER_SECOND: number, XMPP_LOGINS_WAITING: number) => {
    const queue = new LoginQueue({ XMPP_LOGINS_PER_SECOND, XMPP_LOGINS_WAITING });
    const admitted: number[] = [];
    const deferred: number[] = [];
    const take = (count: number) => {
      for (let i = 0; i < count; i += 1)
        void queue.enter().then((seconds) => {
          if (seconds === undefined) admitted.push(performance.now());
          else deferred.push(seconds);
        });
    };
    return { admitted, deferred, take };
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
