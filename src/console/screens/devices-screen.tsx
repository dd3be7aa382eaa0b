import { Button, SegmentedControl, Select, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { Device } from '../../protocol/api';
import type { DeviceKind } from '../../protocol/control-channel';
import { useDevices } from '../api/devices';
import type { Messages } from '../messages/en';
import { useText } from '../messages/language';
import { KIND_ICONS } from '../parts/icons';
import { Ago } from '../parts/time';
import { Empty, Loaded } from '../parts/loaded';
import { hasWords, SearchInput } from '../parts/search';
import { Page } from '../parts/page';
import { Panel } from '../parts/panel';
import { Presence } from '../parts/status';
import { SiteName } from '../parts/site-name';
import { Table, type Column } from '../parts/table';
import { useCurrent } from './current-user';
import { Condition } from './device-information/condition';
import { alertText } from './device-information/device-texts';
import { OpenButton } from './open-dialog';

/** Rows drawn at once; more are shown on request. */
const ROWS = 100;
/** The filters in the order in which they are offered. */
const FILTERS = {
  all: () => true,
  online: ({ online }: Device) => online,
  asleep: ({ asleep }: Device) => asleep,
  offline: ({ online, asleep }: Device) => !online && !asleep,
  alerts: ({ condition }: Device) => condition !== null && condition.alerts > 0,
};
type Filter = keyof typeof FILTERS;

export function DevicesScreen() {
  const t = useText();
  const devices = useDevices();
  const [search, setSearch] = useState('');
  const [filter, setFilter] = useState<Filter>('all');
  const [customer, setCustomer] = useState<string | null>(null);
  const [rows, setRows] = useState(ROWS);
  const showAll = (): void => {
    setSearch('');
    setFilter('all');
    setCustomer(null);
  };
  return (
    <Page title={t.devices.title}>
      <Loaded query={devices}>
        {(all) => {
          if (all.length === 0) return <NoDevices />;
          const customers = [...new Set(all.map(({ site }) => site?.customerName ?? ''))].filter(Boolean).sort();
          const isOfCustomer = ({ site }: Device) => customer === null || site?.customerName === customer;
          const found = all.filter(
            (device) => isOfCustomer(device) && FILTERS[filter](device) && hasWords(textsOf(device, t), search),
          );
          return (
            <Panel>
              <div className="tools">
                <SearchInput label={t.devices.search} value={search} onChange={setSearch} />
                {customers.length > 1 && (
                  <Select
                    aria-label={t.devices.customer}
                    placeholder={t.devices.allCustomers}
                    data={customers}
                    value={customer}
                    onChange={setCustomer}
                    clearable
                    searchable
                  />
                )}
                <SegmentedControl
                  aria-label={t.devices.status}
                  data={(Object.keys(FILTERS) as Filter[]).map((value) => ({ value, label: t.devices[value] }))}
                  value={filter}
                  onChange={(value) => setFilter(value)}
                />
                <Text size="xs" c="dimmed" role="status">
                  {t.devices.count(found.length, all.length)}
                </Text>
              </div>
              {found.length === 0 ? (
                <Empty title={t.devices.noneFound} hint={t.devices.noneFoundHint}>
                  <Button variant="default" onClick={showAll}>
                    {t.devices.showAll}
                  </Button>
                </Empty>
              ) : (
                <DeviceTable devices={found.slice(0, rows)} />
              )}
              {found.length > rows && (
                <div className="more">
                  <Button variant="default" onClick={() => setRows(rows + ROWS)}>
                    {t.actions.more}
                  </Button>
                </div>
              )}
            </Panel>
          );
        }}
      </Loaded>
    </Page>
  );
}

function textsOf({ condition, ...device }: Device, t: Messages): string[] {
  const { id, kind, name, model, serialNumber, location, agentId, site } = device;
  const alert = condition ? alertText({ code: condition.alertCode, text: condition.alert }, t) : '';
  return [
    id,
    t.kinds[kind],
    name,
    model,
    serialNumber,
    location,
    agentId,
    alert,
    site?.customerName ?? '',
    site?.name ?? '',
  ];
}

function KindIcon({ kind }: { kind: DeviceKind }) {
  const t = useText();
  const Icon = KIND_ICONS[kind];
  return (
    <span className="device-kind" title={t.kinds[kind]} role="img" aria-label={t.kinds[kind]}>
      <Icon size={20} />
    </span>
  );
}

const Unbroken = ({ children }: { children: ReactNode }) => <span className="unbroken">{children}</span>;

function DeviceTable({ devices }: { devices: Device[] }) {
  const t = useText();
  const columns: Column<Device>[] = [
    {
      title: t.devices.name,
      cell: ({ id, kind, name }) => (
        <div className="device-name">
          <KindIcon kind={kind} />
          <div>
            <Link to={`/devices/${id}`} className="strong">
              {name}
            </Link>
            <div className="minor">{id}</div>
          </div>
        </div>
      ),
    },
    {
      title: t.devices.status,
      cell: (device) => (
        <Unbroken>
          <Presence of={device} />
        </Unbroken>
      ),
    },
    { title: t.information.condition, cell: (device) => <Condition device={device} /> },
    {
      title: t.devices.model,
      cell: ({ model, serialNumber }) => (
        <>
          {model}
          <div className="minor">{serialNumber}</div>
        </>
      ),
    },
    { title: t.devices.customer, cell: ({ site }) => <SiteName site={site} /> },
    { title: t.devices.location, cell: ({ location }) => location },
    {
      title: t.devices.lastSeen,
      cell: ({ lastSeenAt }) => <Unbroken>{lastSeenAt ? <Ago at={lastSeenAt} /> : t.devices.neverSeen}</Unbroken>,
    },
    { title: t.devices.open, untitled: true, cell: (device) => <OpenButton device={device} /> },
  ];
  return <Table label={t.devices.title} columns={columns} rows={devices} keyOf={({ id }) => id} />;
}

function NoDevices() {
  const t = useText();
  const { isAdmin } = useCurrent();
  return (
    <Panel>
      <Empty title={t.devices.emptyTitle} hint={isAdmin ? t.devices.emptyAdmin : t.devices.emptyTechnician}>
        {isAdmin && (
          <Button component={Link} to="/agents">
            {t.devices.toAgents}
          </Button>
        )}
      </Empty>
    </Panel>
  );
}
