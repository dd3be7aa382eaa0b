import type { DeploymentEntity } from './deployment.entity';
import { isRefusing } from './deployment.machine';

/** An estimate: if devices answer, the trial, the end of the sessions and the take-over last 3 to 5 s. */
const USUAL_MS = 10_000;
/** If it has already taken longer. */
const SOON_MS = 5_000;

/** When a session that is refused now may be requested again; null while none is refused. */
export function returnAfterSeconds(
  { state, executedAt }: Pick<DeploymentEntity, 'state' | 'executedAt'>,
  now = Date.now(),
): number | null {
  if (!isRefusing(state)) return null;
  const left = (executedAt?.getTime() ?? now) + USUAL_MS - now;
  return Math.ceil(Math.max(left, SOON_MS) / 1000);
}
