import { BUILT_IN, type Deployment, type DeploymentTarget } from '../../../protocol/deployment';
import type { Messages } from '../../messages/en';
import type { Tone } from '../../parts/status';

const nameOf = ({ release, version }: DeploymentTarget, t: Messages): string =>
  release === BUILT_IN ? t.deployment.builtIn(version) : version;

/** Release and number of pairs before or after a deployment. */
export const targetText = (target: DeploymentTarget, t: Messages): string =>
  `${nameOf(target, t)}, ${t.deployment.pairsOf(target.pairs)}`;

/** Only what changes: `0.1.0 → 0.2.0, 1 → 2 pairs`. */
export function changeText({ from, to }: Pick<Deployment, 'from' | 'to'>, t: Messages): string {
  const parts: string[] = [];
  if (from.version !== to.version) parts.push(`${from.version} → ${to.version}`);
  else if (from.release !== to.release) parts.push(`${nameOf(from, t)} → ${nameOf(to, t)}`);
  if (from.pairs !== to.pairs) parts.push(`${from.pairs} → ${t.deployment.pairsOf(to.pairs)}`);
  return parts.length > 0 ? parts.join(', ') : targetText(to, t);
}

export const deploymentTone = ({ state }: Pick<Deployment, 'state'>): Tone => {
  if (state === 'deployed') return 'on';
  if (state === 'aborted') return 'off';
  return state === 'rolled-back' || state === 'failed' ? 'bad' : 'busy';
};
