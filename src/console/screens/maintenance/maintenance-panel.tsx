import { Button, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { Device } from '../../../protocol/api';
import type { Operation } from '../../../protocol/maintenance';
import { OPERATIONS } from '../../../protocol/operations';
import { useRequestJob } from '../../api/jobs';
import { SETTINGS_OPERATIONS } from '../../api/settings';
import { useText } from '../../messages/language';
import { Confirm } from '../../parts/confirm';
import { Empty } from '../../parts/loaded';
import { ProblemNotice } from '../../parts/notice';
import { Panel } from '../../parts/panel';
import { InstallButton } from './install-dialog';
import { ReadLogButton } from './log-dialog';
import { WaitSelect, type Wait } from './wait-select';

/** The maintenance operations of a device (E2), in the order of the protocol; settings have a panel of their own. */
export function MaintenancePanel({ device }: { device: Device }) {
  const t = useText();
  const [wait, setWait] = useState<Wait>(0);
  const operations = (Object.keys(OPERATIONS) as Operation[]).filter(
    (each) => device.operations.includes(each) && !SETTINGS_OPERATIONS.includes(each),
  );
  if (operations.length === 0)
    return (
      <Panel title={t.maintenance.panel}>
        <Empty title={t.maintenance.noOperations} hint={t.maintenance.noOperationsHint} />
      </Panel>
    );
  return (
    <Panel title={t.maintenance.panel}>
      <ul className="applications">
        {operations.map((operation) => (
          <li key={operation}>
            <Row operation={operation}>
              <Start device={device} operation={operation} wait={wait} onWait={setWait} />
            </Row>
          </li>
        ))}
      </ul>
      <div className="panel-body wait">
        <WaitSelect value={wait} onChange={setWait} />
      </div>
    </Panel>
  );
}

function Row({ operation, children }: { operation: Operation; children: ReactNode }) {
  const t = useText();
  const { name, hint } = t.maintenance.operations[operation];
  return (
    <>
      <div>
        <Text size="sm" fw={600}>
          {name}
        </Text>
        <div className="minor">{hint}</div>
      </div>
      {children}
    </>
  );
}

interface StartProps {
  readonly device: Device;
  readonly operation: Operation;
  readonly wait: Wait;
  readonly onWait: (wait: Wait) => void;
}

function Start({ device, operation, wait, onWait }: StartProps) {
  const t = useText();
  const instruct = useRequestJob(device.id);
  const label = t.maintenance.runNamed(t.maintenance.operations[operation].name);
  if (operation === 'firmware-install')
    return <InstallButton device={device} label={label} wait={wait} onWait={onWait} />;
  if (operation === 'logs-read') return <ReadLogButton device={device} label={label} wait={wait} onWait={onWait} />;
  if (operation === 'restart')
    return (
      <Confirm
        look="default"
        button={t.maintenance.run}
        confirm={t.maintenance.restart}
        label={label}
        title={t.maintenance.restartTitle(device.name)}
        hint={t.maintenance.restartHint}
        action={{
          ...instruct,
          run: (done) => instruct.mutate({ operation, waitMinutes: wait }, { onSuccess: done }),
        }}
      />
    );
  return (
    <>
      <Button
        size="xs"
        variant="default"
        aria-label={label}
        loading={instruct.isPending}
        onClick={() => instruct.mutate({ operation, waitMinutes: wait })}
      >
        {t.maintenance.run}
      </Button>
      {instruct.error && <ProblemNotice error={instruct.error} />}
    </>
  );
}
