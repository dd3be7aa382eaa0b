import { setTimeout as delay } from 'node:timers/promises';
import { ENDINGS, END_REASONS, type Ending } from '../../protocol/remote-session';
import { jittered } from '../../protocol/waits';
import type { Closed } from '../../tunnel/relay-connection';
import { LIMITS } from '../../protocol/limits';
import type { ApiClient, SessionWithSteps } from '../api-client';
import type { ConnectProgress } from './connect-progress';
import { EXIT_CODES, type Exit } from '../exit-codes';
import { duration } from '../formats';
import type { HaltWatch } from './halt-watch';
import { bytesOf, halves } from '../sessions';
import { ApiProblem, DENIAL_REMEDIES, exitOfEnding, isPassing, TerminalError } from '../terminal.errors';
import type { TerminalIo } from '../terminal-io';
import { TERMINAL_LIMITS } from '../terminal-limits';

/** Reports how a connected session ended, with the server's start and end logs. */
export async function concludeSession(
  io: TerminalIo,
  client: ApiClient,
  id: string,
  progress: ConnectProgress,
  { closed, byUs, halt }: { closed: Closed; byUs: boolean; halt: HaltWatch },
): Promise<Exit> {
  if (reportedEnding(closed) === 'halted-by-deployment') halt.show();
  // S338: the control plane had the relay end this half.
  if (!byUs && closed.kind === 'terminated' && closed.message.reason === 'control-plane') io.journal.step('S338', id);
  const session = await recordedSession(client, id);
  const ending = endingOf(closed, session, byUs);
  const exit = exitOfEnding(ending, true);
  if (ending === 'halted-by-deployment') halt.show();
  progress.ended(ending, {
    sessionId: id,
    detail: session?.detail ?? '',
    ...(session?.denial && { denial: session.denial }),
    durationSeconds: session?.durationSeconds ?? null,
    bytesFromDevice: session?.bytesFromDevice ?? null,
    bytesFromTerminal: session?.bytesFromTerminal ?? null,
    bytesEstimated: session?.bytesEstimated ?? null,
    device: session?.device ?? null,
    terminal: session?.terminal ?? null,
    exitCode: EXIT_CODES[exit].code,
  });
  progress.report(byUs ? 'Session ended.' : `Session ended: ${ENDINGS[ending]} (${closedWords(closed)})`);
  for (const line of session
    ? summary(session)
    : [`The server cannot be reached. Show the session later: platen session ${id}`])
    progress.sum(line);
  return exit;
}

function summary(session: SessionWithSteps): string[] {
  const time = session.durationSeconds === null ? 'unknown' : duration(session.durationSeconds);
  return [
    `Duration ${time}, ${bytesOf(session)}.`,
    ...(session.detail ? [session.detail] : []),
    ...(session.denial ? [DENIAL_REMEDIES[session.denial]] : []),
    ...halves(session),
  ];
}

/** The session from the server, if possible with both end logs; undefined if the server cannot be reached. */
async function recordedSession(client: ApiClient, id: string): Promise<SessionWithSteps | undefined> {
  const deadline = performance.now() + TERMINAL_LIMITS.SUMMARY_MS;
  let session: SessionWithSteps | undefined;
  for (;;) {
    try {
      session = await client.session(id);
    } catch (error) {
      if (!(error instanceof TerminalError)) throw error;
      // a server that answers at all will have recorded the end soon
      if (!(error instanceof ApiProblem && isPassing(error))) return session;
    }
    if (session?.state === 'ended' || performance.now() >= deadline) return session;
    await delay(jittered(LIMITS.POLL_INTERVAL_MS, { least: 0.75, most: 1.25 }));
  }
}

const reportedEnding = (closed: Closed): Ending | undefined =>
  closed.kind === 'terminated' ? closed.message.ending : undefined;

function endingOf(closed: Closed, session: SessionWithSteps | undefined, byUs: boolean): Ending {
  const known = reportedEnding(closed) ?? session?.ending;
  if (known) return known;
  if (byUs) return 'ended-by-terminal';
  if (closed.kind === 'lost') return 'lost-terminal';
  return closed.message.reason === 'expired' ? 'expired' : 'lost-relay';
}

const closedWords = (closed: Closed): string =>
  closed.kind === 'lost'
    ? `the connection to the relay was lost, code ${closed.code}`
    : END_REASONS[closed.message.reason];
