import { Stack, Text } from '@mantine/core';
import { useState } from 'react';
import type { AlertRules, AlertSettings } from '../../../protocol/alert';
import { useChangeAlertSettings } from '../../api/alert-settings';
import { useText } from '../../messages/language';
import { Panel } from '../../parts/panel';
import { QuietTimesFields } from './quiet-times-fields';
import { RuleFields } from './rule-fields';
import { MailFields, SettingsForm } from './settings-form';

/** For all customers without settings of their own. Another version of them replaces what has been entered. */
export function AllSettings({ settings }: { settings: AlertSettings }) {
  const save = useChangeAlertSettings();
  return <Fields key={settings.version} settings={settings} save={save} />;
}

function Fields({ settings, save }: { settings: AlertSettings; save: ReturnType<typeof useChangeAlertSettings> }) {
  const t = useText();
  const [value, setValue] = useState(settings);
  const { rules, mail, quiet } = value;
  return (
    <SettingsForm onSave={() => save.mutate(value)} saving={save}>
      <Panel title={t.alerts.settings.open}>
        <Stack gap="lg" p="md">
          {(Object.keys(rules) as (keyof AlertRules)[]).map((rule) => (
            <RuleFields
              key={rule}
              rule={rule}
              values={rules[rule]}
              onChange={(changed) => setValue({ ...value, rules: { ...rules, [rule]: changed } })}
            />
          ))}
        </Stack>
      </Panel>
      <Panel title={t.alerts.settings.mail}>
        <Stack gap="sm" p="md">
          <MailFields value={mail} onChange={(changed) => setValue({ ...value, mail: changed })} />
        </Stack>
      </Panel>
      <Panel title={t.alerts.settings.quiet}>
        <Stack gap="sm" p="md">
          <Text size="sm">{t.alerts.settings.quietHint}</Text>
          <QuietTimesFields value={quiet} onChange={(changed) => setValue({ ...value, quiet: changed })} />
        </Stack>
      </Panel>
    </SettingsForm>
  );
}
