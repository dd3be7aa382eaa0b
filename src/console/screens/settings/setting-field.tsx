import { Select, TextInput } from '@mantine/core';
import { DEVICE_SETTINGS, type SettingName } from '../../../protocol/device-settings';
import { useText } from '../../messages/language';
import { settingName, settingValue } from './setting-texts';

interface Props {
  readonly name: SettingName;
  readonly value: string;
  /** That the device lists. */
  readonly choices?: readonly string[];
  readonly error?: string;
  readonly onChange: (value: string) => void;
}

/** The field of one setting: a list of choices if they are known, otherwise a text. */
export function SettingField({ name, value, choices = [], error, onChange }: Props) {
  const t = useText();
  const of = DEVICE_SETTINGS[name];
  const listed = choices.length > 0 ? choices : of.type === 'choice' ? (of.choices ?? []) : [];
  const label = settingName(name, t);
  if (listed.length > 0) {
    const all = value === '' || listed.includes(value) ? listed : [value, ...listed];
    return (
      <Select
        label={label}
        data={all.map((each) => ({ value: each, label: settingValue(each, t) }))}
        value={value || null}
        onChange={(chosen) => chosen !== null && onChange(chosen)}
        allowDeselect={false}
        searchable={all.length > 12}
        error={error}
      />
    );
  }
  return (
    <TextInput
      label={label}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
      inputMode={of.type === 'number' ? 'numeric' : undefined}
      maxLength={of.type === 'text' ? of.most : undefined}
    />
  );
}
