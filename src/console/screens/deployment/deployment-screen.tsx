import { Link } from 'react-router';
import { useDeployments, isOpen } from '../../api/deployments';
import { rowsOf } from '../../api/pages';
import { useRelays } from '../../api/relays';
import { useText } from '../../messages/language';
import { Empty, Loaded, More } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { Status } from '../../parts/status';
import { DeploymentChart, DeploymentHistory } from './deployment-history';
import { changeText, deploymentTone } from './deployment-texts';
import { NewDeploymentButton } from './new-deployment-dialog';
import { RelayTable } from '../relays/relay-table';
import { ReleasesPanel } from './releases-panel';

/** Relays, open and earlier deployments, and releases (E16-E19). */
export function DeploymentScreen() {
  const t = useText();
  const relays = useRelays();
  const deployable =
    relays.data?.filter(({ driver, obstacle }) => driver !== 'none' && obstacle !== 'not-connected') ?? [];
  return (
    <Page
      title={t.deployment.title}
      lead={t.deployment.lead}
      actions={deployable.length > 0 && <NewDeploymentButton relays={deployable} />}
    >
      <OpenDeployments />
      <Panel title={t.deployment.runs}>
        <Loaded query={relays}>
          {(rows) =>
            rows.length > 0 ? (
              <RelayTable relays={rows} />
            ) : (
              <Empty title={t.deployment.noRelay} hint={t.deployment.noRelayHint} />
            )
          }
        </Loaded>
      </Panel>
      <History />
      <ReleasesPanel />
    </Page>
  );
}

function OpenDeployments() {
  const t = useText();
  return rowsOf(useDeployments().data)
    .filter(isOpen)
    .map((deployment) => (
      <div key={deployment.id} className="notice busy" role="status">
        <div className="grow">
          <strong>{t.deployment.open}</strong>
          <div className="notice-actions">
            <span>{changeText(deployment, t)}</span>
            <Status tone={deploymentTone(deployment)}>{t.deployment.states[deployment.state]}</Status>
            <Link to={`/deployment/${deployment.id}`}>{t.deployment.toList}</Link>
          </div>
        </div>
      </div>
    ));
}

function History() {
  const t = useText();
  const deployments = useDeployments();
  return (
    <Panel title={t.deployment.history}>
      <Loaded query={deployments}>
        {(pages) => {
          const rows = rowsOf(pages);
          if (rows.length === 0)
            return <Empty title={t.deployment.emptyHistory} hint={t.deployment.emptyHistoryHint} />;
          return (
            <>
              <DeploymentChart deployments={rows} />
              <DeploymentHistory deployments={rows} />
            </>
          );
        }}
      </Loaded>
      <More query={deployments} history="deployments" />
    </Panel>
  );
}
