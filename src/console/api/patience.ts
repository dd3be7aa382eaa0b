import { ApiProblem } from './request';

/** Bounds of one wait, whatever the server says; and where it does not say. */
const WAIT_SECONDS = { least: 1, most: 60, usual: 5 };

/**
 * When to ask again, where new sessions are not taken during a deployment: what Retry-After says, and up to a quarter
 * more, so that not everybody comes back at once. undefined: that is not the reason.
 */
export function askAgainAfterMs(error: unknown): number | undefined {
  if (!(error instanceof ApiProblem) || error.problem.code !== 'deployment-in-progress') return undefined;
  const said = error.problem.retryAfterSeconds ?? WAIT_SECONDS.usual;
  return Math.min(Math.max(said, WAIT_SECONDS.least), WAIT_SECONDS.most) * 1000 * (1 + Math.random() / 4);
}
