import { z } from 'zod';
import { agentId } from './names';

/** How an attempt to wake an agent through one substitute ended. */
export const WAKE_OUTCOMES = {
  woken: 'Woken.',
  unreachable: 'It does not answer on the LAN.',
  'out-of-reach': 'Its wake address is in another network.',
  full: 'The substitute has too many connections.',
  'substitute-failed': 'The substitute did not answer the server.',
  refused: 'It did not accept the request of this server.',
  silent: 'It did not answer the request of this server.',
  'no-login': 'Woken, but it has not connected to the server.',
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
