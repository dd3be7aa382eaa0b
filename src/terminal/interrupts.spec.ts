import { setImmediate } from 'node:timers/promises';
import { unlessAborted } from './interrupts';

describe('unlessAborted', () => {
  const interrupted = new AbortController();
  interrupted.abort();
  const unhandled = jest.fn();
  beforeAll(() => void process.on('unhandledRejection', unhandled));
  afterAll(() => void process.off('unhandledRejection', unhandled));

  it.each([
    ['before', interrupted.signal],
    ['never', new AbortController().signal],
  ])('leaves no rejection unhandled, interrupted %s', async (_when, signal) => {
    const failing = setImmediate().then(() => Promise.reject(new Error('away')));
    const came = await unlessAborted(signal, failing).catch((error: Error) => error.message);
    expect(came).toBe(signal.aborted ? 'interrupted' : 'away');
    await setImmediate();
    await setImmediate();
    expect(unhandled).not.toHaveBeenCalled();
  });
});
