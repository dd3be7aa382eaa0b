import { EventEmitter, getEventListeners, once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { withTimeLimit } from './time-limit';

/** Waits for what never happens, until its signal aborts. */
const nothing = (signal: AbortSignal): Promise<unknown> => once(new EventEmitter(), 'nothing', { signal });
const forever = (): Promise<never> => new Promise(() => undefined);

describe('a time limit', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;

  it('returns what is done in time, and leaves no listener', async () => {
    const { signal } = new AbortController();
    expect(await withTimeLimit(60_000, signal, () => Promise.resolve('done'))).toBe('done');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each([
    ['obeys its signal', nothing],
    ['ignores its signal', forever],
  ])('ends work that %s, however often garbage is collected', async (_name, work) => {
    const { signal } = new AbortController();
    let ended = false;
    const limited = withTimeLimit(50, signal, work).finally(() => (ended = true));
    const seen = expect(limited).rejects.toMatchObject({ name: 'TimeoutError' });
    const giveUpAt = performance.now() + 10_000;
    while (!ended && performance.now() < giveUpAt) {
      collectGarbage();
      await nextTurn();
    }
    expect(ended).toBe(true);
    await seen;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('rejects with the error of its caller', async () => {
    const late = new Error('the printer is slow');
    await expect(withTimeLimit(1, undefined, forever, () => late)).rejects.toBe(late);
  });

  it.each([
    ['before', (outer: AbortController) => outer.abort(new Error('stopping'))],
    ['meanwhile', (outer: AbortController) => void setImmediate(() => outer.abort(new Error('stopping')))],
  ])('ends with the signal of its caller that aborts %s', async (_name, abort) => {
    const outer = new AbortController();
    abort(outer);
    await expect(withTimeLimit(60_000, outer.signal, forever)).rejects.toThrow('stopping');
  });

  it('counts from the last sign of life', async () => {
    jest.useFakeTimers();
    try {
      const limited = withTimeLimit(100, undefined, async (_signal, again) => {
        for (let turn = 0; turn < 3; turn++) {
          await jest.advanceTimersByTimeAsync(80);
          again();
        }
        return 'done';
      });
      expect(await limited).toBe('done');
    } finally {
      jest.useRealTimers();
    }
  });
});
