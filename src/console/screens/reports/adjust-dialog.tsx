import { Radio, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { ReportedDevice, ReportedMeter } from '../../../protocol/meter-report';
import { useEnterReading } from '../../api/readings';
import { serverNow } from '../../api/server-time';
import { useText } from '../../messages/language';
import { Dialog, DialogForm } from '../../parts/dialog';
import { textsOf } from '../../parts/form';
import { counterName } from '../maintenance/job-texts';

export interface Adjusted {
  readonly device: ReportedDevice;
  readonly meter: ReportedMeter;
  /** First and last day of the period. */
  readonly from: string;
  readonly to: string;
}
type End = 'first' | 'last';

const DAY_MS = 86_400_000;
/** The beginning of the period, or its end; not in the future. */
function momentOf(end: End, { from, to }: Adjusted): string {
  const at = end === 'first' ? Date.parse(from) : Date.parse(to) + DAY_MS;
  return new Date(Math.min(at, serverNow() - 1_000)).toISOString();
}

/** Enters a counter by hand for the beginning or the end of a period. */
export function AdjustDialog({ adjusted, onClose }: { adjusted: Adjusted | undefined; onClose: () => void }) {
  const t = useText();
  const title = adjusted && t.reports.adjustOf(adjusted.device.name, counterName(adjusted.meter.counter, t));
  return (
    <Dialog opened={adjusted !== undefined} onClose={onClose} title={title}>
      {adjusted && <AdjustForm adjusted={adjusted} onClose={onClose} />}
    </Dialog>
  );
}

function AdjustForm({ adjusted, onClose }: { adjusted: Adjusted; onClose: () => void }) {
  const t = useText();
  const enter = useEnterReading();
  const [end, setEnd] = useState<End>('last');
  const { device, meter } = adjusted;
  return (
    <DialogForm
      submit={t.actions.save}
      onCancel={onClose}
      isPending={enter.isPending}
      error={enter.error}
      onSubmit={(form) => {
        const text = textsOf(form);
        enter.mutate(
          {
            meteredDeviceId: device.meteredDeviceId,
            at: momentOf(end, adjusted),
            counters: { [meter.counter]: Number(text('value')) },
            reason: text('reason'),
          },
          { onSuccess: onClose },
        );
      }}
    >
      <Radio.Group label={t.reports.which} value={end} onChange={(value) => setEnd(value)}>
        <Stack gap="xs" mt="xs">
          <Radio value="first" label={t.reports.atBeginning} />
          <Radio value="last" label={t.reports.atEnd} />
        </Stack>
      </Radio.Group>
      <TextInput
        key={end}
        name="value"
        type="number"
        min={0}
        label={t.reports.value}
        defaultValue={meter[end]?.value ?? ''}
        required
      />
      <TextInput name="reason" label={t.reports.reason} required maxLength={200} />
    </DialogForm>
  );
}
