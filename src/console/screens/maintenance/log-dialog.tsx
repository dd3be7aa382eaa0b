import { NativeSelect, SimpleGrid, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Device } from '../../../protocol/api';
import type { LogLineLevel, LogSelection } from '../../../protocol/log-lines';
import { useRequestJob } from '../../api/jobs';
import { useText } from '../../messages/language';
import { DialogForm } from '../../parts/dialog';
import { DialogButton } from '../../parts/dialog-button';
import { WaitSelect, type Wait } from './wait-select';

interface ReadLog {
  readonly device: Device;
  readonly wait: Wait;
  readonly onWait: (wait: Wait) => void;
}

const LEAST = ['info', 'warn', 'error'] as const satisfies readonly LogLineLevel[];

/** Chooses which lines of a log are read. */
export function ReadLogButton({ label, ...read }: ReadLog & { label: string }) {
  const t = useText();
  const title = t.maintenance.log.title(read.device.name);
  return (
    <DialogButton button={t.maintenance.run} label={label} title={title}>
      {(close) => <ReadLogForm {...read} onDone={close} />}
    </DialogButton>
  );
}

function ReadLogForm({ device, wait, onWait, onDone }: ReadLog & { onDone: () => void }) {
  const t = useText();
  const instruct = useRequestJob(device.id);
  const [from, setFrom] = useState('');
  const [until, setUntil] = useState('');
  const [level, setLevel] = useState<LogLineLevel | ''>('');
  const [isReversed, setReversed] = useState(false);
  const submit = (): void => {
    const reversed = from !== '' && until !== '' && Date.parse(from) >= Date.parse(until);
    setReversed(reversed);
    if (reversed) return;
    const log: LogSelection = {
      ...(from !== '' && { from: new Date(from).toISOString() }),
      ...(until !== '' && { until: new Date(until).toISOString() }),
      ...(level !== '' && { level }),
    };
    instruct.mutate({ operation: 'logs-read', log, waitMinutes: wait }, { onSuccess: onDone });
  };
  return (
    <DialogForm
      submit={t.maintenance.log.read}
      onSubmit={submit}
      onCancel={onDone}
      isPending={instruct.isPending}
      error={instruct.error}
      validates
    >
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <TextInput
          type="datetime-local"
          label={t.maintenance.log.from}
          value={from}
          onChange={({ currentTarget }) => setFrom(currentTarget.value)}
          data-autofocus
        />
        <TextInput
          type="datetime-local"
          label={t.maintenance.log.until}
          value={until}
          onChange={({ currentTarget }) => setUntil(currentTarget.value)}
          error={isReversed && t.maintenance.log.reversed}
        />
      </SimpleGrid>
      <div className="minor">{t.maintenance.log.rangeHint}</div>
      <NativeSelect
        label={t.maintenance.log.least}
        value={level}
        onChange={({ currentTarget }) => setLevel(LEAST.find((each) => each === currentTarget.value) ?? '')}
        data={[
          { value: '', label: t.maintenance.log.allLevels },
          ...LEAST.map((value) => ({ value, label: t.maintenance.log.levels[value] ?? value })),
        ]}
      />
      <WaitSelect value={wait} onChange={onWait} />
    </DialogForm>
  );
}
