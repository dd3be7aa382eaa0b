import { ENDINGS, type Ending } from '../../protocol/remote-session';
import type { Closed } from '../../tunnel/relay-connection';

/** How a browser session ended, as its page shows it. */
export interface SessionEnd {
  /** Where the default, that the session has ended, is not enough. */
  readonly title?: string;
  /** Full sentences. */
  readonly words: string;
}

/** Ends that this server, as the terminal, requests from the relay. */
export const REQUESTED_ENDS = {
  asked: { words: ENDINGS['ended-by-terminal'] },
  'logged-out': { words: 'The login with which it was opened has ended.' },
  idle: { words: 'It was not used for a while.' },
  shutdown: { words: 'The server was stopped.' },
  broken: { words: "The connection to the device's agent broke." },
} as const satisfies Record<string, SessionEnd>;
export type RequestedEnd = keyof typeof REQUESTED_ENDS;

/** S316 */
export const HALTED: SessionEnd = {
  title: 'This session was interrupted',
  words:
    'A new relay is being deployed. This was not caused by you or the device. Request access again in the console.',
};

/**
 * How a session ended that this server did not end.
 * @param known ending and detail as the control plane has them, where it has reported them
 */
export function endOf(closed: Closed, known: { ending: Ending; detail: string } | undefined): SessionEnd {
  const reported = closed.kind === 'terminated' ? closed.message.ending : undefined;
  const ending = reported ?? known?.ending ?? 'lost-relay';
  if (ending === 'halted-by-deployment') return HALTED;
  const detail = known?.detail ? ` (${known.detail})` : '';
  return { words: `${ENDINGS[ending]}${detail}` };
}
