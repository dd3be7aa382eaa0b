import { Backoff } from './backoff';

describe('Backoff', () => {
  afterEach(() => jest.restoreAllMocks());

  const ceilings = (backoff: Backoff, calls: number) => {
    jest.spyOn(Math, 'random').mockReturnValue(1);
    return Array.from({ length: calls }, () => backoff.next());
  };

  it('doubles its ceiling up to the maximum and starts over after reset', () => {
    const backoff = new Backoff({ firstMs: 100, maxMs: 1000 });
    expect(ceilings(backoff, 6)).toEqual([100, 200, 400, 800, 1000, 1000]);
    backoff.reset();
    expect(backoff.next()).toBe(100);
  });

  it('stays finite, even if a peer is unreachable for a long time', () => {
    expect(ceilings(new Backoff({ firstMs: 1, maxMs: 5000 }), 5000).at(-1)).toBe(5000);
  });

  it('spreads delays over the whole range from 0 to the ceiling', () => {
    const waits = Array.from({ length: 1000 }, () => new Backoff({ firstMs: 1000 }).next());
    expect(Math.min(...waits)).toBeLessThan(200);
    expect(Math.max(...waits)).toBeGreaterThan(800);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1000);
  });
});
