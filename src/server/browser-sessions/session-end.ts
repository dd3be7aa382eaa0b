import { ENDINGS, type Ending } from '../../protocol/remote-session';
import type { Closed } from '../../tunnel/relay-connection';

/** How a browser session ended, as its page shows it. */
export interface SessionEnd {
  /** Default: "This session has ended". */
  readonly title?: string;
  /** Full sentences. */
  readonly text: string;
}

/** Ends that this server, as the terminal, requests from the relay. */
export const REQUESTED_ENDS = {
  asked: { text: ENDINGS['ended-by-terminal'] },
  'logged-out': { text: 'The login with which it was opened has ended.' },
  idle: { text: 'It was not used for a while.' },
  shutdown: { text: 'The server was stopped.' },
  broken: { text: "The connection to the device's agent broke." },
} as const satisfies Record<string, SessionEnd>;
export type RequestedEnd = keyof typeof REQUESTED_ENDS;

/** S316 */
export const HALTED: SessionEnd = {
  title: 'This session was interrupted',
  text: 'A new relay is being deployed. This was not caused by you or the device. Request access again in the console.',
};

/**
 * The end of a session that this server did not request.
 * @param known ending and detail, if the control plane has reported them
 */
export function endOf(closed: Closed, known: { ending: Ending; detail: string } | undefined): SessionEnd {
  const reported = closed.kind === 'terminated' ? closed.message.ending : undefined;
  return endBy({ ending: reported ?? known?.ending ?? 'lost-relay', detail: known?.detail ?? '' });
}

/** The end that the control plane has recorded. */
export function endBy({ ending, detail }: { ending: Ending; detail: string }): SessionEnd {
  if (ending === 'halted-by-deployment') return HALTED;
  return { text: `${ENDINGS[ending]}${detail && ` (${detail})`}` };
}
