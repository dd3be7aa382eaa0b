import { z } from 'zod';
import { agentId } from './names';

/** How an attempt to wake an agent through one substitute ended. */
export const WAKE_OUTCOMES = {
  woken: 'Woken.',
  unreachable: 'No answer on the LAN.',
  'not-listed': 'Its configuration does not list the wake address in "substituteFor".',
  'out-of-reach': 'The wake address is in another network.',
  full: 'Too many connections to other agents.',
  'substitute-failed': 'Did not answer the server.',
  refused: 'The agent refused the request of this server.',
  silent: 'The agent did not answer the request of this server.',
  'no-login': 'Woken, but not connected to the server.',
} as const;
export type WakeOutcome = keyof typeof WAKE_OUTCOMES;

export const wakeTry = z.object({
  substitute: agentId,
  outcome: z.enum(Object.keys(WAKE_OUTCOMES) as [WakeOutcome, ...WakeOutcome[]]),
  /** Of the substitute, such as ECONNREFUSED. */
  detail: z.string(),
});
export type WakeTry = z.infer<typeof wakeTry>;

/** `<substitute>: <outcome> (<detail>)` */
export const textOfTry = ({ substitute, outcome, detail }: WakeTry): string =>
  `${substitute}: ${outcome}${detail && ` (${detail})`}`;
