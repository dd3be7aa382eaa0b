import { useParams } from 'react-router';
import type { Deployment } from '../../../protocol/deployment';
import { useDeployment } from '../../api/deployments';
import { useFormats, useText } from '../../messages/language';
import { Facts } from '../../parts/facts';
import { Loaded } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { Status } from '../../parts/status';
import { DeploymentActions } from './deployment-actions';
import { DeploymentProgress } from './deployment-progress';
import { changeText, deploymentTone, targetText } from './deployment-texts';
import { DeviceList } from './device-list';

/** The device list screen (Fig. 18): devices in session, Execute and Abort, then the progress of the deployment. */
export function DeviceListScreen() {
  const { id = '' } = useParams();
  const t = useText();
  const deployment = useDeployment(id);
  const { data } = deployment;
  return (
    <Page
      title={data ? `${t.deployment.title}: ${changeText(data, t)}` : t.deployment.title}
      lead={data && <Status tone={deploymentTone(data)}>{t.deployment.states[data.state]}</Status>}
      actions={data && <DeploymentActions deployment={data} />}
    >
      <Loaded query={deployment}>
        {(known) => (
          <>
            <Prompt deployment={known} />
            <DeploymentProgress deployment={known} />
            <DeviceList deployment={known} />
            <Summary deployment={known} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** Explains the pending decision, or the wait. */
function Prompt({ deployment: { state } }: { deployment: Deployment }) {
  const t = useText();
  if (state !== 'listed' && state !== 'awaiting-idle' && state !== 'scheduled') return null;
  return <p className="prompt">{t.deployment.prompts[state]}</p>;
}

function Summary({ deployment }: { deployment: Deployment }) {
  const t = useText();
  const formats = useFormats();
  const moment = (at: string | null) => at && formats.moment(at);
  const { durationSeconds, returnAfterSeconds, from, to } = deployment;
  return (
    <Panel title={t.session.summary}>
      <div className="panel-body">
        <Facts
          of={[
            [t.deployment.relay, deployment.relayId],
            [t.deployment.change, `${targetText(from, t)} → ${targetText(to, t)}`],
            [t.deployment.instructedBy, deployment.instructedBy.displayName],
            [t.deployment.instructed, moment(deployment.instructedAt)],
            [t.deployment.plannedFor, moment(deployment.at)],
            [t.deployment.executed, moment(deployment.executedAt)],
            [t.deployment.finished, moment(deployment.finishedAt)],
            [t.deployment.duration, durationSeconds !== null && formats.duration(durationSeconds)],
            [t.deployment.again, returnAfterSeconds !== null && formats.duration(returnAfterSeconds)],
          ]}
        />
      </div>
    </Panel>
  );
}
