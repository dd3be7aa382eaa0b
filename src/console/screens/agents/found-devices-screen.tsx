import { Button, Group, SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import type { FoundDeviceInView } from '../../../protocol/api';
import type { FoundBy } from '../../../protocol/found-device';
import { useDismissal, useFoundDevices } from '../../api/found-devices';
import { rowsOf } from '../../api/pages';
import { useText } from '../../messages/language';
import { Empty, Loaded, More } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { SiteName } from '../../parts/site-name';
import { Table } from '../../parts/table';
import { Ago } from '../../parts/time';
import { agentsFor, TakeInDialog } from './take-in-dialog';

/** Names in every language. */
const WAYS: Readonly<Record<FoundBy, string>> = { 'dns-sd': 'DNS-SD', ipp: 'IPP', snmp: 'SNMP' };

/** Devices that agents have found: an administrator takes them in or dismisses them. */
export function FoundDevicesScreen() {
  const t = useText();
  const [state, setState] = useState<'open' | 'dismissed'>('open');
  const found = useFoundDevices(state);
  return (
    <Page
      title={t.found.title}
      lead={t.found.lead}
      actions={
        <SegmentedControl
          aria-label={t.found.shown}
          value={state}
          onChange={(value) => setState(value === 'dismissed' ? 'dismissed' : 'open')}
          data={(['open', 'dismissed'] as const).map((value) => ({ value, label: t.found.states[value] }))}
        />
      }
    >
      <Panel>
        <Loaded query={found}>
          {(pages) => {
            const rows = rowsOf(pages);
            if (rows.length > 0) return <FoundTable devices={rows} />;
            if (state === 'dismissed') return <Empty title={t.found.noneDismissed} />;
            return (
              <Empty title={t.found.emptyTitle} hint={t.found.emptyHint}>
                <code>{'"ranges": ["192.168.1.0/24"], "discovery": { "takeIn": true }'}</code>
                <Button component={Link} to="/agents" variant="default">
                  {t.found.toAgents}
                </Button>
              </Empty>
            );
          }}
        </Loaded>
        <More query={found} />
      </Panel>
    </Page>
  );
}

function FoundTable({ devices }: { devices: FoundDeviceInView[] }) {
  const t = useText();
  return (
    <Table
      label={t.found.title}
      rows={devices}
      keyOf={({ id }) => id}
      columns={[
        {
          title: t.devices.model,
          cell: ({ model, location }) => (
            <>
              <strong>{model || t.found.unknownModel}</strong>
              {location && <div className="minor">{location}</div>}
            </>
          ),
        },
        { title: t.devices.serial, cell: ({ identity }) => <Mark of={identity} /> },
        { title: t.found.address, cell: ({ address }) => <span className="unbroken">{address}</span> },
        { title: t.found.how, cell: ({ foundBy }) => foundBy.map((way) => WAYS[way]).join(', ') },
        { title: t.devices.lastSeen, cell: ({ foundAt }) => <Ago at={foundAt} /> },
        {
          title: t.devices.agent,
          cell: (device) => (
            <>
              {[...new Set([device, ...device.alsoFoundBy].map(({ agentId }) => agentId))].join(', ')}
              <div className="minor">
                <SiteName site={device.site} />
              </div>
              {agentsFor(device).length === 0 && <div className="minor">{t.found.notPermitted}</div>}
            </>
          ),
        },
        { title: t.found.takeIn, untitled: true, cell: (device) => <Actions device={device} /> },
      ]}
    />
  );
}

/** The serial number, or what the device is recognized by without one. */
function Mark({ of: { serialNumber, uuid, mac } }: { of: FoundDeviceInView['identity'] }) {
  const t = useText();
  if (serialNumber) return serialNumber;
  const [name, mark] = uuid ? (['uuid', uuid] as const) : (['mac', mac] as const);
  return mark ? (
    <span className="minor">
      {t.replacement.marks[name]} {mark.replace(/^urn:uuid:/, '')}
    </span>
  ) : (
    t.replacement.noMarks
  );
}

function Actions({ device }: { device: FoundDeviceInView }) {
  const t = useText();
  const dismissal = useDismissal(device.id);
  const name = `${device.model} ${device.address}`;
  const isDismissed = device.dismissed !== null;
  return (
    <Group gap="xs" justify="flex-end">
      {!isDismissed && agentsFor(device).length > 0 && <TakeInDialog device={device} />}
      <Button
        size="xs"
        variant="default"
        loading={dismissal.isPending}
        aria-label={isDismissed ? t.found.restoreOf(name) : t.found.dismissOf(name)}
        onClick={() => dismissal.mutate(!isDismissed)}
      >
        {isDismissed ? t.found.restore : t.found.dismiss}
      </Button>
    </Group>
  );
}
