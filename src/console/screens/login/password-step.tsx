import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useLogIn } from '../../api/login';
import { useText } from '../../messages/language';
import { textsOf } from '../../parts/form';
import { ProblemNotice } from '../../parts/notice';

/** The first step of a login. @param ended whether the login has just ended */
export function PasswordStep({ ended }: { ended: boolean }) {
  const t = useText();
  const logIn = useLogIn();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const text = textsOf(event.currentTarget);
        logIn.mutate({ username: text('username'), password: text('password') });
      }}
    >
      <Stack gap="md">
        {ended && !logIn.error && <Text size="sm">{t.login.ended}</Text>}
        {logIn.error && <ProblemNotice error={logIn.error} />}
        <TextInput
          name="username"
          label={t.login.userId}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          required
          withAsterisk={false}
          maxLength={64}
        />
        <PasswordInput
          name="password"
          label={t.login.password}
          autoComplete="current-password"
          required
          withAsterisk={false}
          maxLength={256}
        />
        <Button type="submit" fullWidth loading={logIn.isPending}>
          {t.login.submit}
        </Button>
        <Text size="xs" c="dimmed" ta="center">
          {t.login.hint}
        </Text>
      </Stack>
    </form>
  );
}
