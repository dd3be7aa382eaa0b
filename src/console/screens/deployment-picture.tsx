import type { Deployment } from '../../protocol/deployment';
import { isOpen } from '../api/deployments';
import { useFormats, useText } from '../messages/language';
import { deploymentTone } from './deployment-words';

const MOST = 30;
const [BAR, GAP, HEIGHT] = [16, 6, 44];
const LEAST = 3;

/** The last deployments from left to right: how long each took, in the colour of its outcome. */
export function DeploymentPicture({ deployments }: { deployments: Deployment[] }) {
  const t = useText();
  const formats = useFormats();
  const executed = deployments.filter((each) => !isOpen(each) && each.durationSeconds !== null).slice(0, MOST);
  if (executed.length < 2) return null;
  const longest = Math.max(1, ...executed.map(({ durationSeconds }) => durationSeconds ?? 0));
  const width = executed.length * (BAR + GAP);
  const words = t.deployment.picture(executed.length);
  const kinds = (['deployed', 'rolled-back', 'failed', 'aborted'] as const).filter((state) =>
    executed.some((each) => each.state === state),
  );
  return (
    <figure className="histogram outcomes">
      <svg viewBox={`0 0 ${width} ${HEIGHT + 1}`} style={{ width }} role="img" aria-label={words}>
        {[...executed].reverse().map((each, index) => {
          const seconds = each.durationSeconds ?? 0;
          const height = Math.max(LEAST, (seconds / longest) * HEIGHT);
          return (
            <g key={each.id} transform={`translate(${index * (BAR + GAP)} 0)`}>
              <title>
                {`${formats.moment(each.instructedAt)}: ${t.deployment.states[each.state]}, ${formats.duration(seconds)}`}
              </title>
              <rect width={BAR} height={HEIGHT} fill="transparent" />
              <rect className={deploymentTone(each)} y={HEIGHT - height} width={BAR} height={height} rx="1.5" />
              <rect className="ground" y={HEIGHT} width={BAR} height="1" />
            </g>
          );
        })}
      </svg>
      <figcaption>
        <span>{words}</span>
        {kinds.map((state) => (
          <span key={state} className={`key ${deploymentTone({ state })}`}>
            {t.deployment.states[state]}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
