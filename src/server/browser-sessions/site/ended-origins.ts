import { LIMITS } from '../../../protocol/limits';
import type { SessionEnd } from '../session-end';

export interface EndedOrigin extends SessionEnd {
  readonly consoleOrigin: string;
}

/** How the latest sessions ended, for browsers that still ask for their pages. */
export class EndedOrigins {
  private readonly ends = new Map<string, EndedOrigin>();

  add(label: string, end: EndedOrigin): void {
    this.ends.set(label, end);
    const [oldest] = this.ends.keys();
    if (this.ends.size > LIMITS.BROWSER_ENDED_KEPT && oldest !== undefined) this.ends.delete(oldest);
  }

  get(label: string): EndedOrigin | undefined {
    return this.ends.get(label);
  }
}
