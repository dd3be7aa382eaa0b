import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../../protocol/api';
import type { SentConnectionInfo } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import type { SessionState } from '../../protocol/remote-session';
import { jittered, retryAfterMs } from '../../protocol/waits';
import type { ApiClient, NewSession } from '../api-client';
import { ApiProblem, isPassing, SessionOver } from '../terminal.errors';
import { unlessAborted } from '../interrupts';
import { TERMINAL_LIMITS } from '../terminal-limits';
import type { ConnectProgress } from './connect-progress';

/**
 * S141, with retries while a relay is being deployed.
 * @param afterHalt retry, too, while end logs of the halted session are missing or the server is restarting
 * @returns undefined if interrupted
 * @throws ApiProblem; `deployment-in-progress` only after LIMITS.DEPLOYMENT_WAIT_MS
 */
export async function requestSession(
  client: ApiClient,
  wish: NewSession,
  progress: ConnectProgress,
  { interrupted, afterHalt }: { interrupted: AbortSignal; afterHalt: boolean },
): Promise<Session | undefined> {
  const giveUpAt = performance.now() + LIMITS.DEPLOYMENT_WAIT_MS;
  while (!interrupted.aborted) {
    try {
      return await client.startSession(wish);
    } catch (error) {
      const isDeploying = codeOf(error) === 'deployment-in-progress';
      const isEnding = afterHalt && (codeOf(error) === 'session-exists' || isPassing(error));
      const waitMs = retryAfterMs(error instanceof ApiProblem ? error.retryAfterSeconds : undefined);
      if (!(isDeploying || isEnding) || performance.now() + waitMs > giveUpAt) throw error;
      if (isDeploying) progress.deploying(waitMs / 1000);
      await delay(waitMs, undefined, { signal: interrupted }).catch(() => undefined);
    }
  }
  return undefined;
}

const codeOf = (error: unknown): string | undefined => (error instanceof ApiProblem ? error.code : undefined);

/**
 * Polls until the session is approved and prepared (S201), at once after each change of its state. The server enforces
 * the deadlines.
 * @returns undefined if interrupted @throws SessionOver, or the error of a server that stays unreachable
 */
export async function awaitConnection(
  client: ApiClient,
  session: Session,
  progress: ConnectProgress,
  interrupted: AbortSignal,
): Promise<SentConnectionInfo | undefined> {
  let lastAnswerAt = performance.now();
  // each poll is held until the state differs from the known one
  let { state } = session;
  const seen = new Set<SessionState>([state]);
  progress.waiting(state, secondsToAnswer(session));
  try {
    while (!interrupted.aborted) {
      try {
        const answer = await unlessAborted(interrupted, client.connection(session.id, state));
        if (answer === 'interrupted') break;
        lastAnswerAt = performance.now();
        if (answer.status === 'ready') return answer.connection;
        if (answer.status === 'over') throw new SessionOver(answer.ending, answer.detail, answer.denial);
        progress.waiting(answer.state, answer.answerWithinSeconds, answer.agentReached);
        ({ state } = answer);
        const isNew = !seen.has(state);
        seen.add(state);
        if (isNew) continue; // the next poll is held until the state changes
      } catch (error) {
        if (!isPassing(error) || performance.now() - lastAnswerAt > TERMINAL_LIMITS.POLL_OUTAGE_MS) throw error;
      }
      const wait = jittered(LIMITS.POLL_INTERVAL_MS, { least: 0.75, most: 1.25 });
      await delay(wait, undefined, { signal: interrupted }).catch(() => undefined);
    }
    return undefined;
  } finally {
    progress.waited();
  }
}

/** Both times are those of the server's clock. */
function secondsToAnswer({ requestedAt, answerBefore }: Session): number | undefined {
  return answerBefore === null ? undefined : (Date.parse(answerBefore) - Date.parse(requestedAt)) / 1000;
}
