import { Button, SegmentedControl, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import type { Device } from '../../protocol/api';
import { useDevices } from '../api/devices';
import { useText } from '../messages/language';
import { Ago } from '../parts/ago';
import { Empty } from '../parts/empty';
import { SearchIcon } from '../parts/icons';
import { Loaded } from '../parts/loaded';
import { Page } from '../parts/page';
import { Panel } from '../parts/panel';
import { Online } from '../parts/status';
import { Table, type Column } from '../parts/table';
import { useCurrent } from './current-user';
import { OpenButton } from './open-dialog';

/** Rows drawn at once; whoever has more devices searches. */
const ROWS = 100;
const FILTERS = ['all', 'online', 'offline'] as const;
type Filter = (typeof FILTERS)[number];

export function DevicesScreen() {
  const t = useText();
  const devices = useDevices();
  const [search, setSearch] = useState('');
  const [filter, setFilter] = useState<Filter>('all');
  const [rows, setRows] = useState(ROWS);
  const showAll = (): void => {
    setSearch('');
    setFilter('all');
  };
  return (
    <Page title={t.devices.title}>
      <Loaded query={devices}>
        {(all) => {
          if (all.length === 0) return <NoDevices />;
          const found = all.filter((device) => fits(device, search, filter));
          return (
            <Panel>
              <div className="tools">
                <TextInput
                  className="search"
                  type="search"
                  aria-label={t.devices.search}
                  placeholder={t.devices.search}
                  leftSection={<SearchIcon size={16} />}
                  value={search}
                  onChange={(event) => setSearch(event.currentTarget.value)}
                />
                <SegmentedControl
                  aria-label={t.devices.status}
                  data={FILTERS.map((value) => ({ value, label: t.devices[value] }))}
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

/** Every word that was typed has to be somewhere. */
function fits(device: Device, search: string, filter: Filter): boolean {
  if (filter !== 'all' && device.online !== (filter === 'online')) return false;
  const { id, name, model, serialNumber, location, agentId } = device;
  const text = [id, name, model, serialNumber, location, agentId].join('\n').toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function DeviceTable({ devices }: { devices: Device[] }) {
  const t = useText();
  const columns: Column<Device>[] = [
    {
      title: t.devices.name,
      cell: ({ id, name }) => (
        <>
          <Link to={`/devices/${id}`} className="strong">
            {name}
          </Link>
          <div className="minor">{id}</div>
        </>
      ),
    },
    { title: t.devices.status, cell: ({ online }) => <Online online={online} /> },
    { title: t.devices.model, cell: ({ model }) => model },
    { title: t.devices.serial, cell: ({ serialNumber }) => serialNumber },
    { title: t.devices.location, cell: ({ location }) => location },
    {
      title: t.devices.lastSeen,
      cell: ({ lastSeenAt }) => (lastSeenAt ? <Ago at={lastSeenAt} /> : t.devices.neverSeen),
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
