import { LIMITS } from '../../protocol/limits';
import { ApiProblem } from './request';

/** After so long no deployment still keeps new sessions away. */
export const LONGEST_WAIT_MS =
  LIMITS.DEPLOYMENT_TRY_MS + LIMITS.DEPLOYMENT_DRAIN_MS + LIMITS.DEPLOYMENT_COMMAND_MS + LIMITS.DEPLOYMENT_TAKE_OVER_MS;

const USUAL_SECONDS = 5;
/** The server's time is the longest it may take; most deployments are over sooner. */
const LONGEST_SECONDS = 30;
const SPREAD = 0.25;

/** When to ask again, where new sessions are not taken during a deployment; undefined: that is not the reason. */
export function askAgainAfterMs(error: unknown): number | undefined {
  if (!(error instanceof ApiProblem) || error.problem.code !== 'deployment-in-progress') return undefined;
  const seconds = Math.min(Math.max(error.problem.retryAfterSeconds ?? USUAL_SECONDS, 1), LONGEST_SECONDS);
  return seconds * 1000 * (1 + Math.random() * SPREAD);
}
