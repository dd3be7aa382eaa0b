import { TokenBucket } from './token-bucket';

describe('a token bucket', () => {
  let now = 0;
  const bucketOf = (perSecond: number, burst: number) => new TokenBucket(perSecond, burst, () => now);

  it('lets a burst through, then only what the rate allows', () => {
    const bucket = bucketOf(1_000, 5_000);
    expect(bucket.spend(5_000)).toBe(0);
    expect(bucket.spend(500)).toBe(500);
    now += 500;
    expect(bucket.spend(1_000)).toBe(1_000);
    now += 1_000_000;
    expect(bucket.spend(5_000)).toBe(0);
    expect(bucket.spend(1)).toBe(1);
  });

  it('gives single tokens without debt: attempts that come too early do not prolong the wait', () => {
    const bucket = bucketOf(0.5, 2);
    expect([bucket.take(), bucket.take()]).toEqual([0, 0]);
    for (let n = 0; n < 10; n += 1) expect(bucket.take()).toBe(2_000);
    now += 1_500;
    expect(bucket.take()).toBe(500);
    now += 500;
    expect([bucket.take(), bucket.take()]).toEqual([0, 2_000]);
  });
});
