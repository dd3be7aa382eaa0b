import { Link } from 'react-router';
import { useDeployments, isOpen } from '../api/deployments';
import { rowsOf } from '../api/pages';
import { useRelays, type Relay } from '../api/relays';
import { useFormats, useText } from '../messages/language';
import { Empty, Loaded, More } from '../parts/loaded';
import { Page } from '../parts/page';
import { Panel } from '../parts/panel';
import { Status } from '../parts/status';
import { Table } from '../parts/table';
import { DeploymentChart, DeploymentHistory } from './deployment-history';
import { changeText, deploymentTone } from './deployment-texts';
import { NewDeploymentButton } from './new-deployment-dialog';
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

/** The relays, and how many sessions each carries. */
function RelayTable({ relays }: { relays: Relay[] }) {
  const t = useText();
  const formats = useFormats();
  return (
    <Table
      label={t.deployment.runs}
      rows={relays}
      keyOf={({ id }) => id}
      columns={[
        {
          title: t.deployment.relay,
          cell: ({ id, driver }) => (
            <>
              <strong>{id}</strong>
              {driver === 'none' && <div className="minor">{t.deployment.notDeployable}</div>}
            </>
          ),
        },
        { title: t.deployment.state, cell: (relay) => <RelayState relay={relay} /> },
        { title: t.deployment.region, cell: ({ region }) => region ?? '' },
        { title: t.deployment.version, cell: ({ version }) => version },
        { title: t.deployment.pairs, numeric: true, cell: ({ pairs }) => pairs },
        {
          title: t.deployment.sessions,
          numeric: true,
          cell: ({ sessions, limit }) => t.deployment.share(formats.count(sessions), formats.count(limit)),
        },
      ]}
    />
  );
}

function RelayState({ relay: { connected, drain, removedAt, obstacle } }: { relay: Relay }) {
  const t = useText();
  const formats = useFormats();
  if (removedAt) return <Status tone="off">{t.deployment.removed}</Status>;
  if (drain)
    return (
      <>
        <Status tone="busy">{t.deployment.obstacles.drained}</Status>
        <div className="minor">{t.deployment.drainedSince(formats.moment(drain.since))}</div>
      </>
    );
  if (obstacle === null && connected) return <Status tone="on">{t.deployment.serving}</Status>;
  const isBad = obstacle !== 'deployment' && obstacle !== 'full';
  return <Status tone={isBad ? 'bad' : 'busy'}>{t.deployment.obstacles[obstacle ?? 'silent']}</Status>;
}
