import { networkInterfaces } from 'node:os';
import { LIMITS } from '../../protocol/limits';
import { Disturbances } from './disturbances';

const HOUR_MS = 3_600_000;
const LOOK_MS = 5;
/** Reserved for documentation (RFC 5737): no computer has it. */
const LOST = '198.51.100.77';

describe('the connection of an agent', () => {
  const stopped = new AbortController();
  afterAll(() => stopped.abort());
  afterEach(() => void jest.restoreAllMocks());
  const during = (address: string | undefined, waitMs: number) =>
    new Disturbances(() => address).during(waitMs, stopped.signal, LOOK_MS);

  const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  it.each([...own, '127.0.0.9', undefined])('from %s is not disturbed', async (address) => {
    jest.replaceProperty(LIMITS, 'SUSPENDED_MS', HOUR_MS as never);
    expect(await during(address, 10 * LOOK_MS)).toBeUndefined();
  });

  it('is disturbed once when this computer no longer has its address', async () => {
    jest.replaceProperty(LIMITS, 'SUSPENDED_MS', HOUR_MS as never);
    const disturbances = new Disturbances(() => LOST);
    expect(disturbances.hasLostAddress()).toBe(true);
    expect(await disturbances.during(HOUR_MS, stopped.signal, LOOK_MS)).toBe('address-lost');
    expect(await disturbances.during(10 * LOOK_MS, stopped.signal, LOOK_MS)).toBeUndefined();
  });

  it.each<[string, object, 'now', number]>([
    ['suspended, while the monotonic clock stood still', Date, 'now', 180_000],
    ['stopped as a process', performance, 'now', 180_000],
    ['given another time that is earlier', Date, 'now', -HOUR_MS],
  ])('is disturbed when its computer was %s', async (_what, clock, method, byMs) => {
    const real = (clock as typeof Date).now.bind(clock);
    let looks = 0;
    jest.spyOn(clock as typeof Date, method).mockImplementation(() => real() + (++looks > 10 ? byMs : 0));
    expect(await during(undefined, HOUR_MS)).toBe('suspended');
  });

  it('is not looked at any more when its stream has ended', async () => {
    const ended = new AbortController();
    const watched = new Disturbances(() => undefined).during(HOUR_MS, ended.signal, LOOK_MS);
    ended.abort();
    expect(await watched).toBeUndefined();
  });
});
