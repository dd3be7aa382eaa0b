import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../../protocol/api';
import type { SentConnectionInfo } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import type { ApiClient } from '../api-client';
import type { ConnectProgress } from './connect-progress';
import { isPassing, SessionOver } from '../terminal.errors';
import { TERMINAL_LIMITS } from '../terminal-limits';

/**
 * Polls until the session is approved and prepared (S201); the server ends the wait by the session's own deadlines.
 * undefined: interrupted. @throws SessionOver, or the error of a server that stays out of reach
 */
export async function awaitConnection(
  client: ApiClient,
  session: Session,
  progress: ConnectProgress,
  interrupted: AbortSignal,
): Promise<SentConnectionInfo | undefined> {
  let lastAnswerAt = performance.now();
  while (!interrupted.aborted) {
    try {
      const answer = await client.connection(session.id);
      lastAnswerAt = performance.now();
      if (answer.status === 'ready') return answer.connection;
      if (answer.status === 'over') throw new SessionOver(answer.ending, answer.detail);
      progress.waiting(answer.state, answer.answerWithinSeconds);
    } catch (error) {
      if (!isPassing(error) || performance.now() - lastAnswerAt > TERMINAL_LIMITS.POLL_OUTAGE_MS) throw error;
    }
    const wait = LIMITS.POLL_INTERVAL_MS * (0.75 + Math.random() / 2);
    await delay(wait, undefined, { signal: interrupted }).catch(() => undefined);
  }
  return undefined;
}
