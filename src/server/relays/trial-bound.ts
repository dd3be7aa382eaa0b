import { setMaxListeners } from 'node:events';
import { TrialFailed } from './relay-trial.errors';

/** Bounds a trial: after `end`, the pending step fails with its name and the reason. */
export class TrialBound {
  private readonly controller = new AbortController();
  private readonly over: Promise<never>;

  constructor() {
    setMaxListeners(0, this.signal);
    this.over = new Promise((_, reject) => {
      this.signal.addEventListener('abort', () => reject(this.signal.reason as Error), { once: true });
    });
    this.over.catch(() => undefined); // no step may be pending then
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  end(why: string): void {
    this.controller.abort(new Error(why));
  }

  /** @throws TrialFailed, which names the step and the cause */
  async step<T>(what: string, work: Promise<T>): Promise<T> {
    try {
      return await Promise.race([work, this.over]);
    } catch (error) {
      const why = (this.signal.aborted ? this.signal.reason : error) as Error;
      throw new TrialFailed(`${what}: ${why.message}`);
    }
  }
}
