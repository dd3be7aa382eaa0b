import { Text } from '@mantine/core';
import { useState } from 'react';
import type { Device } from '../../../protocol/api';
import {
  isSettingName,
  type DeviceSettings,
  type SettingName,
  type SettingValues,
} from '../../../protocol/device-settings';
import { useRequestJob } from '../../api/jobs';
import { useText } from '../../messages/language';
import { DialogForm } from '../../parts/dialog';
import { fieldErrors } from '../../parts/form';
import { Empty } from '../../parts/loaded';
import { WaitSelect, type Wait } from '../maintenance/wait-select';
import { SettingField } from './setting-field';

/** Changes settings that the device permits to be set; only those that the user has changed are sent. */
export function ChangeForm({ device, known, onDone }: { device: Device; known: DeviceSettings; onDone: () => void }) {
  const t = useText();
  const change = useRequestJob(device.id);
  const [wait, setWait] = useState<Wait>(0);
  /** As they were when the form was opened. */
  const [rows] = useState(() =>
    known.rows.flatMap(({ name, value, settable, choices }) =>
      settable && isSettingName(name) ? [{ name, value: value ?? '', choices }] : [],
    ),
  );
  const [values, setValues] = useState<SettingValues>({});
  const [isUnchanged, setUnchanged] = useState(false);
  const errors = fieldErrors(change.error, t);
  if (rows.length === 0) return <Empty title={t.settings.nothingSettable} />;
  const submit = (): void => {
    const changed = rows.filter(({ name, value }) => (values[name] ?? value) !== value);
    setUnchanged(changed.length === 0);
    if (changed.length === 0) return;
    const settings = Object.fromEntries(changed.map(({ name }) => [name, values[name]])) as SettingValues;
    change.mutate({ operation: 'settings-set', settings, waitMinutes: wait }, { onSuccess: onDone });
  };
  const enter = (name: SettingName, value: string): void => setValues({ ...values, [name]: value });
  return (
    <DialogForm
      submit={t.settings.submit}
      onSubmit={submit}
      onCancel={onDone}
      isPending={change.isPending}
      error={change.error}
      validates
    >
      <Text size="sm" c="dimmed">
        {t.settings.changeHint}
      </Text>
      {rows.map(({ name, value, choices }) => (
        <SettingField
          key={name}
          name={name}
          value={values[name] ?? value}
          choices={choices}
          error={errors[`settings.${name}`]}
          onChange={(entered) => enter(name, entered)}
        />
      ))}
      <WaitSelect value={wait} onChange={setWait} />
      {isUnchanged && (
        <Text size="sm" c="red" role="alert">
          {t.settings.nothingChanged}
        </Text>
      )}
    </DialogForm>
  );
}
