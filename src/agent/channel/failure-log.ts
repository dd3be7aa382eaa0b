import { COMMAND } from '../command-name';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { INTERCEPTED } from '../../tunnel/pinned-tls';
import type { StreamEnded, StreamEnding } from './control-channel.errors';

/** Endings that need an administrator, and what to do. */
export const REMEDIES: Partial<Record<StreamEnding, string>> = {
  'login-refused': `the server refused the account of this agent; create a new enrolment code, then run: ${COMMAND} enrol - --server <url> --force`,
  removed: `an administrator of the server has removed this agent; its jobs are dropped. To use it again, create a new enrolment code, then run: ${COMMAND} enrol - --server <url> --force`,
  'wrong-key': `the key of the server differs from the one at enrolment; if it was changed on purpose, create a new enrolment code, then run: ${COMMAND} enrol - --server <url> --force`,
  intercepted: `the connection is intercepted; ${INTERCEPTED} ("proxy" in agent.json)`,
  'in-use':
    'another agent is running with this account; stop one of them. A second agent needs an enrolment code of its own, for another agent ID',
  'other-installation': `the account belongs to another installation, because the folder of this agent was copied or restored; ask an administrator to allow another installation, or to create a new enrolment code, then run: ${COMMAND} enrol - --server <url> --force`,
  replaced: 'this account has logged in elsewhere; use these credentials for one agent only',
};

/** Different failures that are remembered; an agent has a handful. */
const REMEMBERED = 32;

/**
 * Logs why there is no control channel, and what to do: each reason at once, and again LOG_REPEAT_MS later with the number of
 * times, so that a server that is away for a night does not fill the log. After a stream that has lasted, every reason is new.
 */
export class FailureLog {
  readonly #logged = new Map<string, { at: number; since: number }>();

  constructor(private readonly journal: Journal) {}

  add({ ending, detail }: StreamEnded, more: { agentId: string; retryMs: number }): void {
    const key = `${ending} ${detail}`;
    const earlier = this.#logged.get(key);
    const fields = { ...more, ending, detail, ...(earlier && { repeated: earlier.since }) };
    const remedy = REMEDIES[ending];
    if (earlier && performance.now() - earlier.at < LIMITS.LOG_REPEAT_MS) {
      earlier.since += 1;
      return this.journal.debug(remedy ?? 'no control channel', fields);
    }
    if (this.#logged.size >= REMEMBERED) this.#logged.clear();
    this.#logged.set(key, { at: performance.now(), since: 1 });
    if (remedy) this.journal.error(remedy, fields);
    else this.journal.warn('no control channel', fields);
  }

  /** A stream has ended that had lasted for so long. */
  lasted(ms: number): void {
    if (ms > LIMITS.RETRY_MAX_MS) this.#logged.clear();
  }
}
