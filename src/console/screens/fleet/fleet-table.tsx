import { Checkbox } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { DeviceKind } from '../../../protocol/device-kinds';
import type { FleetColumn, FleetDevice, FleetSort } from '../../../protocol/fleet';
import type { Messages } from '../../messages/en';
import type { Formats } from '../../messages/formats';
import { useFormats, useText } from '../../messages/language';
import { KIND_ICONS } from '../../parts/icons';
import { SiteName } from '../../parts/site-name';
import { Presence } from '../../parts/status';
import { Table, type Column } from '../../parts/table';
import { Ago } from '../../parts/time';
import { Condition } from '../device-information/condition';
import { OpenButton } from '../sessions/open-dialog';
import { isSelected, toggled, type Selected } from './fleet-jobs';
import { DEFAULT_ORDERS, type FleetParameters } from './fleet-parameters';

const SORTS: Partial<Record<FleetColumn, FleetSort>> = {
  condition: 'alerts',
  firmwareVersion: 'firmware',
  lowestSupply: 'supplies',
  lastSeen: 'last-seen',
};

const Unbroken = ({ children }: { children: ReactNode }) => <span className="unbroken">{children}</span>;

/** The chosen columns of the device list. */
export function FleetTable({
  list,
  devices,
  selected,
  onSelect,
}: {
  list: FleetParameters;
  devices: FleetDevice[];
  selected: Selected;
  onSelect: (selected: Selected) => void;
}) {
  const t = useText();
  const formats = useFormats();
  const { sort, order, columns } = list;
  const sorting = (by: FleetSort | undefined) =>
    by && {
      sorted: sort === by ? order : undefined,
      onSort: () => {
        const other = order === 'asc' ? 'desc' : 'asc';
        list.change({ sort: by, order: sort === by ? other : DEFAULT_ORDERS[by] });
      },
    };
  const name: Column<FleetDevice> = {
    title: t.devices.name,
    ...sorting('name'),
    cell: (device) => (
      <div className="device-name">
        <Checkbox
          size="xs"
          aria-label={t.fleet.selectNamed(device.name)}
          checked={isSelected(selected, device.id)}
          disabled={selected.all}
          onChange={() => onSelect(toggled(selected, device.id))}
        />
        <KindIcon kind={device.kind} />
        <div>
          <Link to={`/devices/${device.id}`} className="strong">
            {device.name}
          </Link>
          <div className="minor">{device.id}</div>
        </div>
      </div>
    ),
  };
  const chosen = columns.map((column): Column<FleetDevice> => ({
    title: t.fleet.columns[column],
    numeric: column === 'lowestSupply',
    ...sorting(SORTS[column]),
    cell: cellsOf(columns, t, formats)[column],
  }));
  const open: Column<FleetDevice> = {
    title: t.devices.open,
    untitled: true,
    cell: (device) => <OpenButton device={device} />,
  };
  return <Table label={t.devices.title} columns={[name, ...chosen, open]} rows={devices} keyOf={({ id }) => id} />;
}

const cellsOf = (
  columns: readonly FleetColumn[],
  t: Messages,
  formats: Formats,
): Record<FleetColumn, Column<FleetDevice>['cell']> => ({
  status: (device) => (
    <Unbroken>
      <Presence of={device} />
    </Unbroken>
  ),
  condition: (device) => <Condition device={device} />,
  model: ({ model, serialNumber }) => (
    <>
      {model}
      {!columns.includes('serialNumber') && <div className="minor">{serialNumber}</div>}
    </>
  ),
  serialNumber: ({ serialNumber }) => serialNumber,
  customer: ({ site }) => <SiteName site={site} />,
  location: ({ location }) => location,
  notedLocation: ({ notedLocation }) => notedLocation,
  assetTag: ({ assetTag }) => assetTag,
  contractNumber: ({ contractNumber }) => contractNumber,
  firmwareVersion: ({ firmwareVersion }) => firmwareVersion,
  lowestSupply: ({ lowestSupply }) => lowestSupply !== null && formats.percent(lowestSupply / 100),
  agent: ({ agentId }) => agentId,
  // a connected agent is in contact now; when it logged in says nothing about that
  lastSeen: ({ online, lastSeenAt }) => (
    <Unbroken>{online ? t.fleet.now : lastSeenAt ? <Ago at={lastSeenAt} /> : t.devices.neverSeen}</Unbroken>
  ),
});

function KindIcon({ kind }: { kind: DeviceKind }) {
  const t = useText();
  const Icon = KIND_ICONS[kind];
  return (
    <span className="device-kind" title={t.kinds[kind]} role="img" aria-label={t.kinds[kind]}>
      <Icon size={20} />
    </span>
  );
}
