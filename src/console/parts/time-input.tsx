import { TextInput } from '@mantine/core';
import { useText } from '../messages/language';

const HOUR_MS = 3_600_000;

/** The next full hour, as the field for a date and a time wants it: local, without a zone. */
export const nextHour = (): string => localText(Math.ceil((Date.now() + 1) / HOUR_MS) * HOUR_MS);

function localText(at: number): string {
  const minutes = new Date(at).getTimezoneOffset();
  return new Date(at - minutes * 60_000).toISOString().slice(0, 16);
}

/** The moment of a field's local time, RFC 3339; undefined unless it is still to come. */
export function momentToCome(local: string): string | undefined {
  const at = Date.parse(local);
  return at > Date.now() ? new Date(at).toISOString() : undefined;
}

/** A date and a time still to come. */
export function TimeInput({
  value,
  onChange,
  missing,
}: {
  value: string;
  onChange: (value: string) => void;
  /** It has been asked for, and is none to come. */
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
