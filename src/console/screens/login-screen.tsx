import { Button, Group, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useEffect } from 'react';
import { useLogIn } from '../api/login';
import { useText } from '../messages/language';
import { textsOf } from '../parts/form';
import { Logo } from '../parts/icons';
import { ProblemNotice } from '../parts/notice';
import { Preferences } from './preferences';

/** E1. @param ended whether the login has just ended */
export function LoginScreen({ ended }: { ended: boolean }) {
  const t = useText();
  const logIn = useLogIn();
  useEffect(() => {
    document.title = `${t.login.title} – ${t.product}`;
  }, [t]);
  return (
    <main className="login">
      <section className="panel">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const text = textsOf(event.currentTarget);
            logIn.mutate({ username: text('username'), password: text('password') });
          }}
        >
          <Stack gap="md">
            <Group gap="sm">
              <Logo size={34} />
              <div>
                <Title order={1}>{t.product}</Title>
                <Text size="xs" c="dimmed">
                  {t.login.title}
                </Text>
              </div>
            </Group>
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
      </section>
      <Group justify="center" mt="md">
        <Preferences />
      </Group>
    </main>
  );
}
