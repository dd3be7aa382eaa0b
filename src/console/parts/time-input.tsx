import { TextInput } from '@mantine/core';
import { useText } from '../messages/language';

const HOUR_MS = 3_600_000;

/** The next full hour in the format of the input: local, without a zone. */
export const nextHour = (): string => localText(Math.ceil((Date.now() + 1) / HOUR_MS) * HOUR_MS);

function localText(at: number): string {
  const minutes = new Date(at).getTimezoneOffset();
  return new Date(at - minutes * 60_000).toISOString().slice(0, 16);
}

/** The local time of the input as RFC 3339; undefined if it is in the past. */
export function futureMoment(local: string): string | undefined {
  const at = Date.parse(local);
  return at > Date.now() ? new Date(at).toISOString() : undefined;
}

/** A date and time in the future. */
export function TimeInput({
  value,
  onChange,
  missing,
}: {
  value: string;
  onChange: (value: string) => void;
  /** The submitted time is not in the future. */
  missing: boolean;
}) {
  const t = useText();
  return (
    <TextInput
      type="datetime-local"
      label={t.deployment.time}
      description={t.deployment.timeHint}
      min={localText(Date.now())}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={missing && t.deployment.timePast}
      required
    />
  );
}
