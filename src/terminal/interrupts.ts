import { setTimeout as delay } from 'node:timers/promises';
import type { TerminalIo } from './terminal-io';

/** Ctrl-C and SIGTERM during a command: the first ends it in order, the second stops immediately. */
export class Interrupts {
  private readonly once = new AbortController();
  private readonly twice = new AbortController();
  private readonly stopListening: () => void;

  constructor(io: TerminalIo) {
    this.stopListening = io.onInterrupt(() => (this.once.signal.aborted ? this.twice : this.once).abort());
  }

  get first(): AbortSignal {
    return this.once.signal;
  }

  get second(): AbortSignal {
    return this.twice.signal;
  }

  dispose(): void {
    this.stopListening();
  }
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<'interrupted'> {
  if (signal.aborted) return Promise.resolve('interrupted');
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve('interrupted'), { once: true }));
}

/** Waits for `ms` or until the signal is aborted; never rejects. */
export const pause = (ms: number, stop: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal: stop }).catch(() => undefined);

/** The result of `waiting`, unless the signal is aborted first. Removes its listener, because signals outlive it. */
export async function unlessAborted<T>(signal: AbortSignal, waiting: Promise<T>): Promise<T | 'interrupted'> {
  if (signal.aborted) {
    waiting.catch(() => undefined); // its result is no longer needed
    return 'interrupted';
  }
  let stop = (): void => undefined;
  const aborting = new Promise<'interrupted'>((resolve) => (stop = () => resolve('interrupted')));
  signal.addEventListener('abort', stop);
  return Promise.race([waiting, aborting]).finally(() => signal.removeEventListener('abort', stop));
}
