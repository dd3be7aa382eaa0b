import { Button, Select, SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { fleetGrouping, fleetSort, reportedState, type FleetFilter } from '../../../protocol/fleet';
import { useCustomers } from '../../api/customers';
import { useFleetGroups } from '../../api/fleet';
import { useText } from '../../messages/language';
import { SearchInput } from '../../parts/search';
import { DEFAULT_ORDERS, type FleetParameters } from './fleet-parameters';

/** The server is asked when the user pauses. */
const TYPING_MS = 250;
const SILENT_HOURS = [24, 72, 168, 720] as const;
const BELOW = [5, 10, 20, 50] as const;

/** The filters that most people need, as one control. */
const QUICK = {
  all: {},
  online: { presence: 'online' },
  asleep: { presence: 'asleep' },
  offline: { presence: 'offline' },
  alerts: { alerts: 'report' },
} as const satisfies Record<string, FleetFilter>;
type Quick = keyof typeof QUICK;
const quickOf = ({ presence, alerts }: FleetFilter): Quick | undefined => {
  if (alerts !== undefined) return presence === undefined && alerts === 'report' ? 'alerts' : undefined;
  return presence ?? 'all';
};

const FURTHER = [
  'siteId',
  'model',
  'firmwareVersion',
  'otherFirmware',
  'silentHours',
  'state',
  'suppliesBelow',
] as const;

/** Search and filters of the device list. */
export function FleetFilters({ list, children }: { list: FleetParameters; children: ReactNode }) {
  const t = useText();
  const { filter, narrow } = list;
  const further = FURTHER.filter((name) => filter[name] !== undefined).length;
  const [opened, setOpened] = useState(further > 0);
  const customers = useCustomers().data ?? [];
  return (
    <>
      <div className="tools">
        <Search list={list} />
        {customers.length > 1 && (
          <Select
            aria-label={t.devices.customer}
            placeholder={t.devices.allCustomers}
            data={customers.map(({ id, name }) => ({ value: id, label: name }))}
            value={filter.customerId ?? null}
            onChange={(customerId) => narrow({ customerId: customerId ?? undefined, siteId: undefined })}
            clearable
            searchable
          />
        )}
        <SegmentedControl
          aria-label={t.devices.status}
          data={(Object.keys(QUICK) as Quick[]).map((value) => ({ value, label: t.devices[value] }))}
          value={quickOf(filter) ?? ''}
          onChange={(value) => narrow({ presence: undefined, alerts: undefined, ...QUICK[value as Quick] })}
        />
        <Button
          variant="default"
          aria-expanded={opened}
          aria-controls="further-filters"
          onClick={() => setOpened(!opened)}
        >
          {further > 0 ? t.fleet.furtherActive(further) : t.fleet.further}
        </Button>
        {children}
      </div>
      <div className="tools" id="further-filters" hidden={!opened}>
        {opened && <Further list={list} />}
      </div>
    </>
  );
}

function Search({ list: { filter, narrow } }: { list: FleetParameters }) {
  const t = useText();
  const inAddress = filter.search ?? '';
  const [search, setSearch] = useState(inAddress);
  const sent = useRef(inAddress);
  const send = useDebouncedCallback((text: string) => {
    sent.current = text.trim();
    narrow({ search: sent.current || undefined });
  }, TYPING_MS);
  // a link or a button has changed it
  useEffect(() => {
    if (inAddress !== sent.current) setSearch(inAddress);
    sent.current = inAddress;
  }, [inAddress]);
  return (
    <SearchInput
      label={t.devices.search}
      value={search}
      onChange={(text) => {
        setSearch(text);
        send(text);
      }}
    />
  );
}

function Further({ list }: { list: FleetParameters }) {
  const t = useText();
  const { filter, narrow, sort, by } = list;
  const models = useFleetGroups({}, 'model').data?.rows ?? [];
  const sites = (useCustomers().data ?? []).filter(
    ({ id }) => filter.customerId === undefined || id === filter.customerId,
  );
  return (
    <>
      <Select
        label={t.fleet.groupings.site}
        data={sites.map(({ name, sites: of }) => ({
          group: name,
          items: of.map((site) => ({ value: site.id, label: site.name })),
        }))}
        value={filter.siteId ?? null}
        onChange={(siteId) => narrow({ siteId: siteId ?? undefined })}
        clearable
        searchable
      />
      <Select
        label={t.devices.model}
        data={models.flatMap(({ id }) => (id === null ? [] : [id]))}
        value={filter.model ?? null}
        onChange={(model) => narrow({ model: model ?? undefined })}
        clearable
        searchable
      />
      <Select
        label={t.information.condition}
        data={reportedState.options.map((state) => ({ value: state, label: t.fleet.states[state] }))}
        value={filter.state ?? null}
        onChange={(state) => narrow({ state: reportedState.safeParse(state).data })}
        clearable
      />
      <Select
        label={t.fleet.silent}
        data={SILENT_HOURS.map((hours) => ({ value: String(hours), label: t.fleet.silentFor(hours / 24) }))}
        value={filter.silentHours === undefined ? null : String(filter.silentHours)}
        onChange={(hours) => narrow({ silentHours: hours === null ? undefined : Number(hours) })}
        clearable
      />
      <Select
        label={t.information.supplies}
        data={BELOW.map((percent) => ({ value: String(percent), label: t.fleet.below(percent) }))}
        value={filter.suppliesBelow === undefined ? null : String(filter.suppliesBelow)}
        onChange={(percent) => narrow({ suppliesBelow: percent === null ? undefined : Number(percent) })}
        clearable
      />
      <Firmware key={filter.firmwareVersion ?? ''} list={list} />
      <Select
        label={t.fleet.sort}
        data={fleetSort.options.map((each) => ({ value: each, label: t.fleet.sorts[each] }))}
        value={sort}
        onChange={(chosen) => {
          const next = fleetSort.safeParse(chosen).data ?? 'name';
          list.change({ sort: next, order: DEFAULT_ORDERS[next] });
        }}
        allowDeselect={false}
      />
      <Select
        label={t.fleet.group}
        data={fleetGrouping.options.map((each) => ({ value: each, label: t.fleet.groupings[each] }))}
        value={by}
        onChange={(chosen) => list.change({ by: fleetGrouping.safeParse(chosen).data ?? null })}
        placeholder={t.fleet.notGrouped}
        clearable
      />
    </>
  );
}

function Firmware({ list: { filter, narrow } }: { list: FleetParameters }) {
  const t = useText();
  const [version, setVersion] = useState(filter.firmwareVersion ?? '');
  const send = (): void => narrow({ firmwareVersion: version.trim() || undefined });
  return (
    <TextInput
      label={t.information.firmware}
      value={version}
      onChange={(event) => setVersion(event.currentTarget.value)}
      onBlur={send}
      onKeyDown={(event) => event.key === 'Enter' && send()}
      maxLength={100}
    />
  );
}
