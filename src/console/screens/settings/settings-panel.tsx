import { Button, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link } from 'react-router';
import type { Device } from '../../../protocol/api';
import type { DeviceSettings } from '../../../protocol/device-settings';
import { useJobs, useRequestJob } from '../../api/jobs';
import { rowsOf } from '../../api/pages';
import { SETTINGS_OPERATIONS, useDeviceSettings } from '../../api/settings';
import { useText } from '../../messages/language';
import { Dialog } from '../../parts/dialog';
import { Empty, Loaded } from '../../parts/loaded';
import { ProblemNotice } from '../../parts/notice';
import { Panel } from '../../parts/panel';
import { Status } from '../../parts/status';
import { Table } from '../../parts/table';
import { Ago } from '../../parts/time';
import { ChangeForm } from './change-form';
import { settingName, settingValue } from './setting-texts';

/** The settings of a device as they were read last, with their sources; reads and changes them. */
export function SettingsPanel({ device }: { device: Device }) {
  const t = useText();
  const settings = useDeviceSettings(device.id);
  const open = useJobs('open', { deviceId: device.id });
  const running = rowsOf(open.data).find(({ operation }) => SETTINGS_OPERATIONS.includes(operation));
  const reads = device.operations.includes('settings-read');
  return (
    <Panel title={t.settings.title} aside={settings.data && <Actions device={device} known={settings.data} />}>
      {running && (
        <Text size="sm" px="md" pt="sm" role="status">
          <Link to={`/jobs/${running.id}`}>{t.settings.running}</Link>
        </Text>
      )}
      <Loaded query={settings}>
        {(known) =>
          known.readAt === null ? (
            <Empty title={t.settings.empty} hint={reads ? t.settings.emptyHint : t.settings.notRead} />
          ) : (
            <Known of={known} mayChange={device.operations.includes('settings-set')} />
          )
        }
      </Loaded>
    </Panel>
  );
}

function Known({ of: { rows, readAt, jobId }, mayChange }: { of: DeviceSettings; mayChange: boolean }) {
  const t = useText();
  const known = rows.filter(({ value }) => value !== null);
  const missing = rows.filter(({ value }) => value === null);
  return (
    <>
      <Table
        label={t.settings.title}
        rows={known}
        keyOf={({ name }) => name}
        columns={[
          { title: t.settings.setting, cell: ({ name }) => settingName(name, t) },
          { title: t.settings.value, cell: ({ value }) => settingValue(value ?? '', t) },
          { title: t.settings.source, cell: ({ source }) => source && t.information.sources[source] },
          {
            title: t.settings.settable,
            untitled: true,
            cell: ({ settable }) => settable && mayChange && <Status tone="on">{t.settings.settable}</Status>,
          },
        ]}
      />
      <div className="panel-body minor">
        {readAt && (
          <>
            {jobId ? <Link to={`/jobs/${jobId}`}>{t.settings.readBy}</Link> : t.settings.readBy}, <Ago at={readAt} />
          </>
        )}
        {missing.length > 0 && (
          <div>{t.settings.unsupported(missing.map(({ name }) => settingName(name, t)).join(', '))}</div>
        )}
        {!mayChange && <div>{t.settings.notAllowed}</div>}
      </div>
    </>
  );
}

function Actions({ device, known }: { device: Device; known: DeviceSettings }) {
  const t = useText();
  const read = useRequestJob(device.id);
  const [opened, { open, close }] = useDisclosure(false);
  const mayChange = device.operations.includes('settings-set') && known.rows.length > 0;
  return (
    <Group gap="xs">
      {read.error && <ProblemNotice error={read.error} />}
      {mayChange && (
        <Button size="compact-sm" variant="default" onClick={open}>
          {t.settings.change}
        </Button>
      )}
      {device.operations.includes('settings-read') && (
        <Button
          size="compact-sm"
          variant="default"
          loading={read.isPending}
          onClick={() => read.mutate({ operation: 'settings-read', waitMinutes: 0 })}
        >
          {t.settings.read}
        </Button>
      )}
      <Dialog opened={opened} onClose={close} title={t.settings.changeTitle(device.name)} size="lg" keepOpen>
        <ChangeForm device={device} known={known} onDone={close} />
      </Dialog>
    </Group>
  );
}
