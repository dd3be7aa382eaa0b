import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { until } from '../../test/support/until';
import { COLLECTED_BYTES, countCarried } from './read-memory';

interface Collection {
  readonly kind: number;
  readonly flags: number;
}

describe('the memory of reads', () => {
  const forced: number[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { detail } of list.getEntries() as unknown as { detail: Collection }[])
      if ((detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0) forced.push(detail.kind);
  });
  beforeAll(() => observer.observe({ entryTypes: ['gc'] }));
  afterAll(() => observer.disconnect());

  it('is freed after each so many bytes, by collections of young objects', async () => {
    for (let done = 0; done < 3; done++) {
      for (let bytes = 0; bytes < COLLECTED_BYTES; bytes += COLLECTED_BYTES / 8) countCarried(COLLECTED_BYTES / 8);
      await nextTurn();
    }
    countCarried(COLLECTED_BYTES - 1);
    await until('the collections are reported', () => forced.length >= 3);
    expect(forced).toHaveLength(3);
    // V8 ends a collection of the whole heap instead, if one is under way.
    expect(forced).toContain(constants.NODE_PERFORMANCE_GC_MINOR);
  });

  it('is freed once for what arrives in one turn', async () => {
    const before = forced.length;
    for (let each = 0; each < 5; each++) countCarried(COLLECTED_BYTES);
    await nextTurn();
    await until('the collection is reported', () => forced.length > before);
    expect(forced.length - before).toBe(1);
  });

  it('offers no collection to other code', async () => {
    countCarried(COLLECTED_BYTES);
    await nextTurn();
    expect(runInNewContext('typeof gc')).toBe('undefined');
  });
});
