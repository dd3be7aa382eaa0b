import { Button, Group, Select, Switch, TagsInput, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { AlertMail } from '../../../protocol/alert';
import { language } from '../../../protocol/api';
import { LIMITS } from '../../../protocol/limits';
import { useText } from '../../messages/language';
import { ProblemNotice } from '../../parts/notice';

/** Panels with settings, and a button that saves all of them. */
export function SettingsForm({
  onSave,
  saving,
  children,
}: {
  onSave: () => void;
  saving: { isPending: boolean; isSuccess: boolean; error: unknown };
  children: ReactNode;
}) {
  const t = useText();
  return (
    <form
      className="settings-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSave();
      }}
    >
      {children}
      {saving.error ? <ProblemNotice error={saving.error} /> : null}
      <Group gap="sm">
        <Button type="submit" loading={saving.isPending}>
          {t.actions.save}
        </Button>
        <Text size="sm" role="status">
          {saving.isSuccess && t.alerts.settings.saved}
        </Text>
      </Group>
    </form>
  );
}

/** Whether a customer has settings of its own of one kind. */
export const OwnSwitch = ({
  label,
  checked,
  onChange,
}: {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}) => <Switch label={label} checked={checked} onChange={({ currentTarget }) => onChange(currentTarget.checked)} />;

export function MailFields({
  value,
  onChange,
  disabled,
}: {
  value: AlertMail;
  onChange: (value: AlertMail) => void;
  disabled?: boolean;
}) {
  const t = useText();
  return (
    <>
      <TagsInput
        label={t.alerts.settings.mailTo}
        description={t.alerts.settings.mailToHint}
        value={value.to}
        onChange={(to) => onChange({ ...value, to })}
        maxTags={LIMITS.ALERT_MAIL_RECIPIENTS}
        disabled={disabled}
        acceptValueOnBlur
      />
      <Select
        label={t.alerts.settings.language}
        data={language.options.map((each) => ({ value: each, label: t.languages[each] }))}
        value={value.language}
        onChange={(chosen) => chosen && onChange({ ...value, language: chosen })}
        allowDeselect={false}
        disabled={disabled}
        maw={220}
      />
    </>
  );
}
