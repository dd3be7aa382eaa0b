import { Button, Group, PasswordInput, Stack, Text } from '@mantine/core';
import { LIMITS } from '../../../protocol/limits';
import { useChangePassword } from '../../api/login';
import { useLanguage } from '../../messages/language';
import { Done } from '../../parts/done';
import { fieldErrors, textsOf } from '../../parts/form';
import { ProblemNotice } from '../../parts/notice';
import { useCurrent } from '../current-user';

export function PasswordForm() {
  const { t } = useLanguage();
  const { me } = useCurrent();
  const change = useChangePassword();
  const errors = fieldErrors(change.error, t);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        const text = textsOf(form);
        change.mutate({ current: text('current'), next: text('next') }, { onSuccess: () => form.reset() });
      }}
    >
      {/* for password managers */}
      <input type="hidden" name="username" autoComplete="username" value={me.username} readOnly />
      <Stack gap="sm">
        <PasswordInput
          name="current"
          label={t.profile.current}
          error={errors.current}
          autoComplete="current-password"
          maxLength={LIMITS.PASSWORD_CHARACTERS_MAX}
          required
        />
        <PasswordInput
          name="next"
          label={t.profile.next}
          description={t.users.passwordHint(LIMITS.PASSWORD_CHARACTERS_MIN)}
          error={errors.next}
          autoComplete="new-password"
          maxLength={LIMITS.PASSWORD_CHARACTERS_MAX}
          required
        />
        <Text size="sm" c="dimmed">
          {t.profile.passwordHint}
        </Text>
        {change.error && <ProblemNotice error={change.error} />}
        <Group gap="sm">
          <Button type="submit" loading={change.isPending}>
            {t.profile.changePassword}
          </Button>
          <Done shown={change.isSuccess} text={t.profile.passwordChanged} />
        </Group>
      </Stack>
    </form>
  );
}
