import { Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { deviceRules, type AlertSettings, type CustomerAlertSettings, type DeviceRules } from '../../../protocol/alert';
import { useChangeCustomerAlertSettings, useCustomerAlertSettings } from '../../api/alert-settings';
import { useText } from '../../messages/language';
import { Loaded } from '../../parts/loaded';
import { Panel } from '../../parts/panel';
import { QuietTimesFields } from './quiet-times-fields';
import { RuleFields } from './rule-fields';
import { MailFields, OwnSwitch, SettingsForm } from './settings-form';

const RULES = Object.keys(deviceRules.shape) as (keyof DeviceRules)[];

/** What a customer has of its own; the rest is as for all customers. */
export function CustomerSettings({ customerId, all }: { customerId: string; all: AlertSettings }) {
  const settings = useCustomerAlertSettings(customerId);
  const save = useChangeCustomerAlertSettings(customerId);
  return <Loaded query={settings}>{(own) => <Fields key={own.version} settings={own} all={all} save={save} />}</Loaded>;
}

function Fields({
  settings,
  all,
  save,
}: {
  settings: CustomerAlertSettings;
  all: AlertSettings;
  save: ReturnType<typeof useChangeCustomerAlertSettings>;
}) {
  const t = useText();
  const [value, setValue] = useState(settings);
  const { rules, mail, quiet } = value;
  const setRule = (rule: keyof DeviceRules, values: DeviceRules[keyof DeviceRules] | undefined): void => {
    const { [rule]: _, ...others } = rules;
    const changed = values ? { ...others, [rule]: values } : others;
    setValue({ ...value, rules: changed });
  };
  return (
    <SettingsForm onSave={() => save.mutate(value)} saving={save}>
      <Panel title={t.alerts.settings.open}>
        <Stack gap="lg" p="md">
          {RULES.map((rule) => (
            <RuleFields
              key={rule}
              rule={rule}
              values={rules[rule] ?? all.rules[rule]}
              onChange={(changed) => setRule(rule, changed)}
              own={{
                isOwn: rules[rule] !== undefined,
                onChange: (isOwn) => setRule(rule, isOwn ? all.rules[rule] : undefined),
              }}
            />
          ))}
        </Stack>
      </Panel>
      <Panel title={t.alerts.settings.mail}>
        <Stack gap="sm" p="md">
          <OwnSwitch
            label={t.alerts.settings.ownMail}
            checked={mail !== null}
            onChange={(isOwn) => setValue({ ...value, mail: isOwn ? all.mail : null })}
          />
          <MailFields
            value={mail ?? all.mail}
            onChange={(changed) => setValue({ ...value, mail: changed })}
            disabled={mail === null}
          />
        </Stack>
      </Panel>
      <Panel title={t.alerts.settings.quiet}>
        <Stack gap="sm" p="md">
          <Text size="sm">{t.alerts.settings.quietHint}</Text>
          <OwnSwitch
            label={t.alerts.settings.ownQuiet}
            checked={quiet !== null}
            onChange={(isOwn) => setValue({ ...value, quiet: isOwn ? all.quiet : null })}
          />
          {quiet && <QuietTimesFields value={quiet} onChange={(changed) => setValue({ ...value, quiet: changed })} />}
        </Stack>
      </Panel>
    </SettingsForm>
  );
}
