import { BatchedReads } from './batched-reads';

describe('batched reads', () => {
  /** Statements that were started, and how to end each. */
  const started: { readonly keys: string[]; readonly end: (error?: Error) => void }[] = [];
  const reads = () =>
    new BatchedReads<string>(
      (keys) =>
        new Promise((resolve, reject) => {
          const rows = new Map(keys.filter((key) => key !== 'missing').map((key) => [key, `row ${key}`]));
          started.push({ keys, end: (error) => (error ? reject(error) : resolve(rows)) });
        }),
    );
  beforeEach(() => {
    started.length = 0;
  });

  it('read what was asked for while a statement ran with the next one, each key once', async () => {
    const of = reads();
    const first = of.find('a');
    const later = ['b', 'c', 'missing', 'b'].map((key) => of.find(key));
    expect(started.map(({ keys }) => keys)).toEqual([['a']]); // the first one waits for no other
    started[0]!.end();
    expect(await first).toBe('row a');
    expect(started.map(({ keys }) => keys)).toEqual([['a'], ['b', 'c', 'missing']]);
    started[1]!.end();
    expect(await Promise.all(later)).toEqual(['row b', 'row c', undefined, 'row b']);
  });

  it('read a key again that is asked for while it is being read', async () => {
    const of = reads();
    const asked = [of.find('a'), of.find('a')];
    started[0]!.end();
    await asked[0];
    expect(started.map(({ keys }) => keys)).toEqual([['a'], ['a']]);
    started[1]!.end();
    expect(await asked[1]).toBe('row a');
  });

  it('have a bound for the keys of a statement', async () => {
    const of = reads();
    const asked = Array.from({ length: 251 }, (_, number) => of.find(`k${number}`));
    for (let at = 0; at < 4; at++) {
      started[at]!.end();
      await asked[[0, 100, 200, 250][at]!];
    }
    expect(started.map(({ keys }) => keys.length)).toEqual([1, 100, 100, 50]);
    expect(await Promise.all(asked)).toHaveLength(251);
  });

  it('fail for those of a statement that failed, and continue with the next', async () => {
    const of = reads();
    const first = of.find('a');
    const [second, third] = [of.find('b'), of.find('c')];
    started[0]!.end(new Error('the disk is full'));
    await expect(first).rejects.toThrow('the disk is full');
    started[1]!.end();
    expect(await Promise.all([second, third])).toEqual(['row b', 'row c']);
  });
});
