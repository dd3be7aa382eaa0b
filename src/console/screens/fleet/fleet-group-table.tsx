import { Text } from '@mantine/core';
import { Link } from 'react-router';
import type { FleetFilter, FleetGroup, FleetGrouping, FleetGroups } from '../../../protocol/fleet';
import { LIMITS } from '../../../protocol/limits';
import type { Messages } from '../../messages/en';
import { useText } from '../../messages/language';
import { Empty } from '../../parts/loaded';
import { Table } from '../../parts/table';
import { listOf, type FleetParameters } from './fleet-parameters';

const FILTERS: Record<FleetGrouping, keyof FleetFilter> = { customer: 'customerId', site: 'siteId', model: 'model' };

/** Devices by customer, site or model; each number leads to the devices that it counts. */
export function FleetGroupTable({ list, groups: { rows, more } }: { list: FleetParameters; groups: FleetGroups }) {
  const t = useText();
  const by = list.by ?? 'customer';
  if (rows.length === 0) return <Empty title={t.devices.noneFound} hint={t.devices.noneFoundHint} />;
  const counted = (count: (group: FleetGroup) => number, filter: FleetFilter) => ({
    numeric: true,
    cell: (group: FleetGroup) => (
      <Count of={count(group)} filter={{ ...list.filter, ...ofGroup(by, group), ...filter }} />
    ),
  });
  return (
    <>
      <Table
        label={t.fleet.groupings[by]}
        rows={rows}
        keyOf={({ id }) => id ?? ''}
        columns={[
          {
            title: t.fleet.groupings[by],
            cell: (group) => (
              <>
                <strong>{group.name || nameless(by, t)}</strong>
                {group.customerName && <div className="minor">{group.customerName}</div>}
              </>
            ),
          },
          { title: t.fleet.devices, ...counted(({ devices }) => devices, {}) },
          {
            title: t.devices.offline,
            ...counted(({ devices, online, asleep }) => devices - online - asleep, { presence: 'offline' }),
          },
          { title: t.fleet.states.unreached, ...counted(({ unreached }) => unreached, { state: 'unreached' }) },
          { title: t.fleet.errors, ...counted(({ errors }) => errors, { alerts: 'error' }) },
          {
            title: t.fleet.lowSupplies,
            ...counted(({ lowSupplies }) => lowSupplies, { suppliesBelow: LIMITS.SUPPLY_LOW_PERCENT }),
          },
        ]}
      />
      {more && (
        <Text size="sm" c="dimmed" px="md" py="sm">
          {t.fleet.moreGroups(rows.length)}
        </Text>
      )}
    </>
  );
}

/** A group without an ID cannot be filtered for; its devices are those of the whole filter. */
const ofGroup = (by: FleetGrouping, { id }: FleetGroup): FleetFilter => (id === null ? {} : { [FILTERS[by]]: id });
const nameless = (by: FleetGrouping, t: Messages): string => (by === 'model' ? t.fleet.noModel : t.customers.none);

/** A number of devices as a link to the list of them. */
export function Count({ of, filter }: { of: number; filter: FleetFilter }) {
  if (of === 0) return <span className="minor">0</span>;
  return <Link to={listOf(filter)}>{of}</Link>;
}
