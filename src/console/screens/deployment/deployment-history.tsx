import { Link } from 'react-router';
import type { Deployment } from '../../../protocol/deployment';
import { isOpen } from '../../api/deployments';
import { useFormats, useText } from '../../messages/language';
import { Status } from '../../parts/status';
import { Table } from '../../parts/table';
import { deploymentTone, changeText } from './deployment-texts';
import { RollBack } from './roll-back';

/** Deployments with their sessions, duration and outcome, newest first. */
export function DeploymentHistory({ deployments }: { deployments: Deployment[] }) {
  const t = useText();
  const formats = useFormats();
  const severalRelays = new Set(deployments.map(({ relayId }) => relayId)).size > 1;
  return (
    <Table
      label={t.deployment.history}
      rows={deployments}
      keyOf={({ id }) => id}
      columns={[
        {
          title: t.deployment.change,
          cell: (deployment) => (
            <>
              <Link to={`/deployment/${deployment.id}`} className="strong">
                {changeText(deployment, t)}
              </Link>
              <div className="minor">
                {formats.moment(deployment.instructedAt)}
                {severalRelays && ` · ${deployment.relayId}`}
              </div>
            </>
          ),
        },
        { title: t.deployment.instructedBy, cell: ({ instructedBy }) => instructedBy.displayName },
        { title: t.deployment.outcome, cell: (deployment) => <Outcome deployment={deployment} /> },
        {
          title: t.deployment.sessions,
          numeric: true,
          cell: ({ sessions }) => {
            const forced = sessions.filter(({ outcome }) => outcome === 'forced').length;
            return (
              <>
                {sessions.length}
                {forced > 0 && <div className="minor">{t.deployment.forcedCount(forced)}</div>}
              </>
            );
          },
        },
        {
          title: t.deployment.duration,
          numeric: true,
          cell: ({ durationSeconds }) => (durationSeconds === null ? null : formats.duration(durationSeconds)),
        },
        {
          title: t.deployment.rollBack,
          untitled: true,
          cell: (deployment) => deployment.canRollBack && <RollBack deployment={deployment} />,
        },
      ]}
    />
  );
}

function Outcome({ deployment }: { deployment: Deployment }) {
  const t = useText();
  return (
    <>
      <Status tone={deploymentTone(deployment)}>{t.deployment.states[deployment.state]}</Status>
      {deployment.reason && <div className="minor">{t.deployment.reasons[deployment.reason]}</div>}
    </>
  );
}

/** Deployments in the chart. */
const MOST = 30;
const [BAR, GAP, HEIGHT] = [16, 6, 44];
const LEAST = 3;

/** The duration of the last deployments from left to right, in the colour of their outcomes. */
export function DeploymentChart({ deployments }: { deployments: Deployment[] }) {
  const t = useText();
  const formats = useFormats();
  const executed = deployments.filter((each) => !isOpen(each) && each.durationSeconds !== null).slice(0, MOST);
  if (executed.length < 2) return null;
  const longest = Math.max(1, ...executed.map(({ durationSeconds }) => durationSeconds ?? 0));
  const width = executed.length * (BAR + GAP);
  const caption = t.deployment.picture(executed.length);
  const kinds = (['deployed', 'rolled-back', 'failed', 'aborted'] as const).filter((state) =>
    executed.some((each) => each.state === state),
  );
  return (
    <figure className="histogram outcomes">
      <svg viewBox={`0 0 ${width} ${HEIGHT + 1}`} style={{ width }} role="img" aria-label={caption}>
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
        <span>{caption}</span>
        {kinds.map((state) => (
          <span key={state} className={`key ${deploymentTone({ state })}`}>
            {t.deployment.states[state]}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
