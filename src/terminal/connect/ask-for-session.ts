import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../../protocol/api';
import { LIMITS } from '../../protocol/limits';
import type { ApiClient, NewSession } from '../api-client';
import type { ConnectProgress } from './connect-progress';
import { ApiProblem, isPassing } from '../terminal.errors';

/** Bounds of one wait, whatever the server says; and where it does not say. */
const WAIT_SECONDS = { least: 1, most: 60, usual: 5 };

/**
 * S141, again and again while a relay is being deployed.
 * @param afterHalt the end logs of the session that was halted may still be on their way, and so may the server
 * @returns undefined when interrupted
 * @throws ApiProblem, after LIMITS.DEPLOYMENT_WAIT_MS also deployment-in-progress
 */
export async function askForSession(
  client: ApiClient,
  wanted: NewSession,
  progress: ConnectProgress,
  { interrupted, afterHalt }: { interrupted: AbortSignal; afterHalt: boolean },
): Promise<Session | undefined> {
  const giveUpAt = performance.now() + LIMITS.DEPLOYMENT_WAIT_MS;
  while (!interrupted.aborted) {
    try {
      return await client.startSession(wanted);
    } catch (error) {
      const isDeploying = codeOf(error) === 'deployment-in-progress';
      const isEnding = afterHalt && (codeOf(error) === 'session-exists' || isPassing(error));
      const seconds = waitOf(error);
      if (!(isDeploying || isEnding) || performance.now() + seconds * 1000 > giveUpAt) throw error;
      if (isDeploying) progress.deploying(seconds);
      await delay(seconds * 1000, undefined, { signal: interrupted }).catch(() => undefined);
    }
  }
  return undefined;
}

const codeOf = (error: unknown): string | undefined => (error instanceof ApiProblem ? error.code : undefined);

/** What Retry-After says, and up to a quarter more, so that not everybody comes back at once. */
function waitOf(error: unknown): number {
  const said = (error instanceof ApiProblem ? error.retryAfterSeconds : undefined) ?? WAIT_SECONDS.usual;
  return Math.min(Math.max(said, WAIT_SECONDS.least), WAIT_SECONDS.most) * (1 + Math.random() / 4);
}
