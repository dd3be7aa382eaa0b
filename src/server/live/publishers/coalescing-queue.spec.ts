import { CoalescingQueue } from './coalescing-queue';

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a coalescing queue', () => {
  it('handles an ID that was added twice once, and continues after a failure', async () => {
    const handled: string[] = [];
    const failures: unknown[] = [];
    const queue = new CoalescingQueue(
      (id) => (id === 'bad' ? Promise.reject(new Error(id)) : Promise.resolve(void handled.push(id))),
      (error) => failures.push(error),
    );
    for (const id of ['bad', 'one', 'two', 'one']) queue.add(id);
    await settled();
    expect(handled).toEqual(['one', 'two']);
    expect(failures).toEqual([new Error('bad')]);
  });

  it.each([0, 1, 2, 3, 4])(
    'handles an ID that is added %d microtasks after the last one was handled',
    async (ticks) => {
      const handled: string[] = [];
      let last = Promise.resolve();
      const queue = new CoalescingQueue(
        (id) => (last = Promise.resolve(void handled.push(id))),
        () => undefined,
      );
      queue.add('one');
      await last;
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      queue.add('two');
      await settled();
      expect(handled).toEqual(['one', 'two']);
    },
  );
});
