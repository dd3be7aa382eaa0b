import { Stack, Text } from '@mantine/core';
import { useParams } from 'react-router';
import type { Device } from '../../../protocol/api';
import { useDevice } from '../../api/devices';
import { rowsOf } from '../../api/pages';
import { useSessions } from '../../api/sessions';
import { useText } from '../../messages/language';
import { Empty, Loaded, More } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { Presence } from '../../parts/status';
import { AlertsOfDevice } from '../alerts/alerts-of-device';
import { AccessConditionsPanel } from '../access/access-conditions-panel';
import { BoxAccess } from '../access/box-access';
import { AlertLine } from '../device-information/condition';
import { InformationPanel } from '../device-information/information-panel';
import { DeviceHistory } from '../history/device-history';
import { JobsOfDevice } from '../maintenance/jobs-of-device';
import { MaintenancePanel } from '../maintenance/maintenance-panel';
import { NotesPanel } from './notes-panel';
import { OpenButton } from '../sessions/open-dialog';
import { SessionHistogram } from './session-histogram';
import { SessionTable } from '../sessions/session-table';
import { DeviceDriftPanel } from '../settings-templates/device-drift-panel';
import { SettingsPanel } from '../settings/settings-panel';

export function DeviceScreen() {
  const { id = '' } = useParams();
  const device = useDevice(id);
  return (
    <Page title={device.data?.name ?? id} lead={device.data && <Presence of={device.data} />}>
      <Loaded query={device}>
        {(known) => (
          <>
            <AlertsOfDevice deviceId={known.id} />
            <div className="columns">
              <InformationPanel device={known} />
              <Stack gap="md">
                <Applications device={known} />
                <MaintenancePanel device={known} />
                <NotesPanel deviceId={known.id} deviceName={known.name} />
              </Stack>
            </div>
            <SettingsPanel device={known} />
            <DeviceDriftPanel deviceId={known.id} />
            <DeviceHistory deviceId={known.id} />
            <AccessConditionsPanel deviceId={known.id} />
            <JobsOfDevice deviceId={known.id} />
            <SessionsOfDevice id={known.id} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Applications({ device }: { device: Device }) {
  const t = useText();
  return (
    <Panel title={t.device.applications}>
      {device.applications.length === 0 ? (
        <Empty title={t.device.noApplications} />
      ) : (
        <ul className="applications">
          {device.applications.map(({ id, title, protocol, weakTls }) => (
            <li key={id} className={protocol === 'box' ? 'stacked' : undefined}>
              <div>
                <Text size="sm" fw={600}>
                  {title}
                </Text>
                <div className="minor">{id}</div>
                {weakTls && <AlertLine severity="warning" text={t.device.weakTls} />}
              </div>
              {protocol === 'box' ? (
                <BoxAccess deviceId={device.id} applicationId={id} />
              ) : (
                <OpenButton
                  device={device}
                  wish={{ applicationId: id }}
                  label={t.device.openNamed(title)}
                  variant="filled"
                />
              )}
            </li>
          ))}
        </ul>
      )}
      {!device.online && (
        <Text size="sm" c="dimmed" px="md" py="sm">
          {device.asleep ? t.device.asleepHint : device.wakeable ? t.device.wakeableHint : t.device.offlineHint}
        </Text>
      )}
    </Panel>
  );
}

function SessionsOfDevice({ id }: { id: string }) {
  const t = useText();
  const sessions = useSessions('all', { deviceId: id });
  return (
    <Panel title={t.device.sessions}>
      <Loaded query={sessions}>
        {(pages) => {
          const rows = rowsOf(pages);
          if (rows.length === 0) return <Empty title={t.sessions.emptyEnded} hint={t.sessions.emptyEndedHint} />;
          return (
            <>
              <SessionHistogram sessions={rows} />
              <SessionTable label={t.device.sessions} sessions={rows} withoutDevice />
              <More query={sessions} history="sessions" />
            </>
          );
        }}
      </Loaded>
    </Panel>
  );
}
