import { Button, Text } from '@mantine/core';
import type { Device } from '../../../protocol/api';
import { useAcquire, useInformation } from '../../api/information';
import { useText } from '../../messages/language';
import { Ago } from '../../parts/time';
import { Facts } from '../../parts/facts';
import { RefreshIcon } from '../../parts/icons';
import { Loaded } from '../../parts/loaded';
import { ProblemNotice } from '../../parts/notice';
import { Panel } from '../../parts/panel';
import { AcquiredInformation } from './acquired-information';
import { Replacement } from './replacement';
import { Marked } from './source-mark';

/** Device information, and the identity of the device. */
export function InformationPanel({ device }: { device: Device }) {
  const t = useText();
  const information = useInformation(device.id);
  const acquire = useAcquire(device.id);
  return (
    <Panel
      title={t.device.information}
      aside={
        <span className="refresh">
          <span role="status" className="minor">
            {acquire.isPending && t.information.refreshing}
          </span>
          {device.operations.includes('information') && (
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<RefreshIcon size={14} />}
              loading={acquire.isPending}
              onClick={() => acquire.mutate()}
            >
              {t.information.refresh}
            </Button>
          )}
        </span>
      }
    >
      <div className="panel-body information">
        {acquire.error && <ProblemNotice error={acquire.error} />}
        <Loaded query={information}>
          {(acquired) =>
            acquired.information || acquired.decision ? (
              <AcquiredInformation kind={device.kind} {...acquired} />
            ) : (
              <Text size="sm" c="dimmed">
                {t.information.nothing}. {t.information.emptyHint}
              </Text>
            )
          }
        </Loaded>
        <Replacement deviceId={device.id} />
        <hr />
        <Identity device={device} />
      </div>
    </Panel>
  );
}

function Identity({ device }: { device: Device }) {
  const t = useText();
  const { lastSeenAt, online } = device;
  const reported = useInformation(device.id).data?.information;
  const marked = (fact: 'model' | 'serialNumber') =>
    device[fact] && (
      <Marked
        key={fact}
        of={reported?.[fact] === device[fact] ? reported.sources?.[fact] : undefined}
        value={device[fact]}
      />
    );
  return (
    <Facts
      of={[
        [t.device.kind, t.kinds[device.kind]],
        [t.devices.model, marked('model')],
        [t.devices.serial, marked('serialNumber')],
        [t.devices.location, device.location],
        [t.device.id, device.id],
        [t.devices.agent, device.agentId],
        [
          t.fleet.columns.lastSeen,
          online ? t.fleet.now : lastSeenAt ? <Ago key="ago" at={lastSeenAt} /> : t.devices.neverSeen,
        ],
      ]}
    />
  );
}
