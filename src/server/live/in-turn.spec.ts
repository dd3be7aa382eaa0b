import { InTurn } from './in-turn';

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('what is told in turn', () => {
  it('is told though what changed before it cannot be', async () => {
    const told: string[] = [];
    const failures: unknown[] = [];
    const inTurn = new InTurn(
      (id) => (id === 'bad' ? Promise.reject(new Error(id)) : Promise.resolve(void told.push(id))),
      (error) => failures.push(error),
    );
    for (const id of ['bad', 'one', 'two', 'one']) inTurn.note(id);
    await settled();
    expect(told).toEqual(['one', 'two']);
    expect(failures).toEqual([new Error('bad')]);
  });

  it.each([0, 1, 2, 3, 4])('is told though it changes %d moments after the last has been', async (moments) => {
    const told: string[] = [];
    let last = Promise.resolve();
    const inTurn = new InTurn(
      (id) => (last = Promise.resolve(void told.push(id))),
      () => undefined,
    );
    inTurn.note('one');
    await last;
    for (let moment = 0; moment < moments; moment++) await Promise.resolve();
    inTurn.note('two');
    await settled();
    expect(told).toEqual(['one', 'two']);
  });
});
