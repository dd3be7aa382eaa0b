import { Text } from '@mantine/core';
import { Link } from 'react-router';
import type { FleetCounts, FleetFilter } from '../../protocol/fleet';
import { LIMITS } from '../../protocol/limits';
import type { Overview, OverviewCustomer } from '../../protocol/overview';
import { isOpen, useDeployments } from '../api/deployments';
import { useOverview } from '../api/overview';
import { rowsOf } from '../api/pages';
import { useText } from '../messages/language';
import { Empty, Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { Panel } from '../parts/panel';
import { Status, type Tone } from '../parts/status';
import { Table } from '../parts/table';
import { CampaignTable } from './campaigns/campaigns-screen';
import { useCurrent } from './current-user';
import { changeText, deploymentTone } from './deployment/deployment-texts';
import { Count } from './fleet/fleet-group-table';
import { listOf } from './fleet/fleet-parameters';

const LOW: FleetFilter = { suppliesBelow: LIMITS.SUPPLY_LOW_PERCENT };
const silentOf = ({ devices, online, asleep }: FleetCounts): number => devices - online - asleep;

/** The first screen after the login: what needs someone now, and what is running. */
export function OverviewScreen() {
  const t = useText();
  const { isAdmin } = useCurrent();
  return (
    <Page title={t.overview.title} lead={t.overview.lead}>
      <Loaded query={useOverview()}>
        {(known) => (
          <>
            <Now of={known} />
            <Campaigns of={known} />
            {isAdmin && <Deployments />}
            <Updates of={known} />
            <ByCustomer of={known} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** Alerts by severity come first; then everything else that needs someone, each with its number and a link. */
function Now({ of: { all } }: { of: Overview }) {
  const t = useText();
  if (all.devices === 0)
    return (
      <Panel>
        <Empty title={t.devices.emptyTitle} hint={t.overview.noDevicesHint} />
      </Panel>
    );
  const tiles: [count: number, label: string, to: string, tone: Tone][] = [
    [all.alertErrors, t.overview.errors, '/alerts?severity=error', 'bad'],
    [all.alertWarnings, t.overview.warnings, '/alerts?severity=warning', 'busy'],
    [silentOf(all), t.overview.silent, listOf({ presence: 'offline' }), 'off'],
    [all.unreached, t.overview.unreached, listOf({ state: 'unreached' }), 'off'],
    [all.jobsHeld, t.overview.jobsHeld, '/jobs', 'busy'],
    [all.lowSupplies, t.overview.lowSupplies, listOf(LOW), 'busy'],
    [all.jobsOpen, t.overview.jobsOpen, '/jobs', 'on'],
    [all.sessions, t.overview.sessions, '/sessions', 'on'],
  ];
  const shown = tiles.filter(([count]) => count > 0);
  return (
    <Panel title={t.overview.now}>
      {shown.length === 0 ? (
        <Empty title={t.overview.calm} hint={t.overview.calmHint(all.devices)} />
      ) : (
        <ul className="tiles" aria-label={t.overview.now}>
          {shown.map(([count, label, to, tone]) => (
            <li key={label}>
              <Link to={to} className="tile">
                <strong>{count}</strong>
                <Status tone={tone}>{label}</Status>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Campaigns({ of: { campaigns } }: { of: Overview }) {
  const t = useText();
  if (campaigns.length === 0) return null;
  return (
    <Panel title={t.overview.campaigns}>
      <CampaignTable campaigns={campaigns} />
    </Panel>
  );
}

function Deployments() {
  const t = useText();
  const open = rowsOf(useDeployments().data).filter(isOpen);
  if (open.length === 0) return null;
  return (
    <Panel title={t.overview.deployments}>
      <ul className="applications">
        {open.map((deployment) => (
          <li key={deployment.id}>
            <Link to={`/deployment/${deployment.id}`}>{changeText(deployment, t)}</Link>
            <Status tone={deploymentTone(deployment)}>{t.deployment.states[deployment.state]}</Status>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Updates({ of: { updates } }: { of: Overview }) {
  const t = useText();
  if (updates.length === 0) return null;
  return (
    <Panel title={t.overview.updates}>
      <ul className="applications">
        {updates.map(({ id, model, version, devices }) => (
          <li key={id}>
            <div>
              <Text size="sm" fw={600}>
                {model}
              </Text>
              <div className="minor">{t.overview.stored(version)}</div>
            </div>
            <Link to={listOf({ model, otherFirmware: version })}>{t.overview.otherVersion(devices)}</Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function ByCustomer({ of: { customers, more } }: { of: Overview }) {
  const t = useText();
  if (customers.length === 0) return null;
  const counted = (count: (row: Overview['customers'][number]) => number, filter: FleetFilter) => ({
    numeric: true,
    cell: (row: Overview['customers'][number]) => (
      <Count of={count(row)} filter={{ ...(row.id !== null && { customerId: row.id }), ...filter }} />
    ),
  });
  return (
    <Panel title={t.overview.byCustomer}>
      <Table
        label={t.overview.byCustomer}
        rows={customers}
        keyOf={({ id }) => id ?? ''}
        columns={[
          { title: t.devices.customer, cell: ({ name }) => <strong>{name || t.customers.none}</strong> },
          { title: t.fleet.devices, ...counted(({ devices }) => devices, {}) },
          { title: t.overview.errors, numeric: true, cell: (row) => <Alerts of={row} severity="error" /> },
          { title: t.overview.warnings, numeric: true, cell: (row) => <Alerts of={row} severity="warning" /> },
          { title: t.devices.offline, ...counted(silentOf, { presence: 'offline' }) },
          { title: t.fleet.states.unreached, ...counted(({ unreached }) => unreached, { state: 'unreached' }) },
          { title: t.fleet.lowSupplies, ...counted(({ lowSupplies }) => lowSupplies, LOW) },
          { title: t.overview.held, numeric: true, cell: ({ jobsHeld }) => jobsHeld },
          { title: t.overview.running, numeric: true, cell: ({ sessions }) => sessions },
        ]}
      />
      {more && (
        <Text size="sm" px="md" py="sm">
          <Link to="/devices?by=customer">{t.overview.allCustomers}</Link>
        </Text>
      )}
    </Panel>
  );
}

/** How many alerts of a customer the inbox has, with a link to them. */
function Alerts({ of, severity }: { of: OverviewCustomer; severity: 'error' | 'warning' }) {
  const count = severity === 'error' ? of.alertErrors : of.alertWarnings;
  if (count === 0) return count;
  // those of no customer cannot be filtered
  return <Link to={`/alerts?severity=${severity}${of.id === null ? '' : `&customerId=${of.id}`}`}>{count}</Link>;
}
