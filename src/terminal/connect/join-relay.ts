import { setTimeout as delay } from 'node:timers/promises';
import type { SentConnectionInfo } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import type { Refusal } from '../../protocol/relay-messages';
import { Backoff } from '../../tunnel/backoff';
import { dialRelay, type RelayConnection } from '../../tunnel/relay-connection';
import { RelayRefused, RelayUnreachable } from '../../tunnel/relay-connection.errors';
import { RelayNotReached } from '../terminal.errors';
import { TERMINAL_LIMITS } from '../terminal-limits';

/** Refusals after which the token is still unused and a retry may succeed. */
const PASSING: readonly Refusal[] = ['control-plane-unavailable', 'draining', 'overloaded'];

/**
 * Establishes the terminal's half (S204), with retries until the deadline. The deadline counts from receipt, because the
 * local clock may differ from the server's.
 * @returns undefined if interrupted @throws RelayNotReached
 */
export async function joinRelay(
  info: SentConnectionInfo,
  interrupted: AbortSignal,
): Promise<RelayConnection | undefined> {
  const deadline = performance.now() + Math.min(info.validForSeconds * 1000, LIMITS.CONNECT_MS);
  const backoff = new Backoff({ maxMs: TERMINAL_LIMITS.RETRY_MAX_MS });
  while (!interrupted.aborted) {
    try {
      return await dialRelay(info, 'terminal', { signal: interrupted });
    } catch (error) {
      if (interrupted.aborted) break;
      const wait = backoff.next();
      if (!isPassing(error) || performance.now() + wait > deadline)
        throw new RelayNotReached(error instanceof Error ? error.message : String(error), { cause: error });
      await delay(wait, undefined, { signal: interrupted }).catch(() => undefined);
    }
  }
  return undefined;
}

const isPassing = (error: unknown): boolean =>
  error instanceof RelayUnreachable || (error instanceof RelayRefused && PASSING.includes(error.code));
