import { Link } from 'react-router';
import type { Deployment } from '../../protocol/deployment';
import { useFormats, useText } from '../messages/language';
import { Status } from '../parts/status';
import { Table } from '../parts/table';
import { deploymentTone, changeWords } from './deployment-words';
import { RollBack } from './roll-back';

/** Who deployed what, whom it touched, how long it took, how it ended; newest first. */
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
                {changeWords(deployment, t)}
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
