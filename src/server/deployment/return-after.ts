import type { DeploymentEntity } from './deployment.entity';
import { DEPLOYMENT_MACHINE } from './deployment.machine';

/** A guess: where devices answer, it takes 3 to 5 s to try a relay, to have the sessions end and to take over. */
const USUAL_MS = 10_000;
/** When it has taken longer already. */
const SOON_MS = 5_000;

/** When a session that is refused now may be asked for again; null while none is refused. */
export function returnAfterSeconds(
  { state, executedAt }: Pick<DeploymentEntity, 'state' | 'executedAt'>,
  now = Date.now(),
): number | null {
  if (!DEPLOYMENT_MACHINE[state].refuses) return null;
  const left = (executedAt?.getTime() ?? now) + USUAL_MS - now;
  return Math.ceil(Math.max(left, SOON_MS) / 1000);
}
