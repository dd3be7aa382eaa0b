import type { TerminalIo } from './terminal-io';

/** Ctrl-C and SIGTERM while a session goes on: the first ends it in order, the second at once. */
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
