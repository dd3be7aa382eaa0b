import { Select } from '@mantine/core';
import { useText } from '../../messages/language';

/** Minutes that a job may wait to start. */
export const WAITS = [0, 60, 1440, 10080] as const;
export type Wait = (typeof WAITS)[number];

export function WaitSelect({ value, onChange }: { value: Wait; onChange: (wait: Wait) => void }) {
  const t = useText();
  return (
    <Select
      label={t.maintenance.wait}
      description={value > 0 && t.maintenance.waitHint}
      inputWrapperOrder={['label', 'input', 'description']}
      data={WAITS.map((each) => ({ value: String(each), label: t.maintenance.waits[each] }))}
      value={String(value)}
      onChange={(chosen) => onChange(WAITS.find((each) => String(each) === chosen) ?? value)}
      allowDeselect={false}
    />
  );
}
