import { ENDINGS, type Ending } from '../../protocol/remote-session';
import type { Closed } from '../../tunnel/relay-connection';

/** How a browser session ended, as its pages say it. */
export interface SessionEnd {
  /** Where it says more than that the session has ended. */
  readonly title?: string;
  /** Full sentences. */
  readonly words: string;
}

/** Ends that this server, as the terminal's client, asks the relay for. */
export const OWN_ENDS = {
  asked: { words: ENDINGS['ended-by-terminal'] },
  'logged-out': { words: 'The login with which it was opened has ended.' },
  idle: { words: 'It was not used for a while.' },
  shutdown: { words: 'The server was stopped.' },
  broken: { words: "The connection to the device's agent broke." },
} as const satisfies Record<string, SessionEnd>;
export type OwnEnd = keyof typeof OWN_ENDS;

/** S316 */
export const HALTED: SessionEnd = {
  title: 'This session was interrupted',
  words:
    'A new relay is being deployed. This was not caused by you or the device. Request access again in the console.',
};

/**
 * What can be said of an end that others brought about.
 * @param known ending and detail as the control plane has them, where it has said so
 */
export function endOf(closed: Closed, known: { ending: Ending; detail: string } | undefined): SessionEnd {
  const told = closed.kind === 'terminated' ? closed.message.ending : undefined;
  const ending = told ?? known?.ending ?? 'lost-relay';
  if (ending === 'halted-by-deployment') return HALTED;
  const detail = known?.detail ? ` (${known.detail})` : '';
  return { words: `${ENDINGS[ending]}${detail}` };
}
