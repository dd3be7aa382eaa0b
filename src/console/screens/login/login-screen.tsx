import { Group, Loader, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';
import { useLoginState } from '../../api/login';
import { lazyPart } from '../../loading/lazy-part';
import { useText } from '../../messages/language';
import { Logo } from '../../parts/icons';
import { ProblemNotice } from '../../parts/notice';
import { FactorStep } from './factor-step';
import { FirstStep } from './first-step';
import { Preferences } from '../frame/preferences';

/** Few logins need it. */
const SetUpStep = lazyPart(() => import('./set-up-step').then((of) => of.SetUpStep));

/** E1. @param ended whether the login has just ended */
export function LoginScreen({ ended }: { ended: boolean }) {
  const t = useText();
  const state = useLoginState();
  useEffect(() => {
    document.title = `${t.login.title} – ${t.product}`;
  }, [t]);
  if (!state.data)
    return (
      <LoginFrame title={t.login.title}>
        {state.error ? (
          <ProblemNotice error={state.error} onRetry={() => void state.refetch()} />
        ) : (
          <Loader size="sm" role="status" aria-label={t.loading} />
        )}
      </LoginFrame>
    );
  const { pending } = state.data;
  if (!pending)
    return (
      <LoginFrame title={t.login.title}>
        <FirstStep state={state.data} ended={ended} />
      </LoginFrame>
    );
  return (
    <LoginFrame title={pending.username}>
      {pending.step === 'set-up' ? (
        <SetUpStep passkeys={state.data.passkeys} />
      ) : (
        <FactorStep withPasskey={pending.factors.includes('passkey')} />
      )}
    </LoginFrame>
  );
}

function LoginFrame({ title, children }: { title: string; children: ReactNode }) {
  const t = useText();
  return (
    <main className="login">
      <section className="panel">
        <Group gap="sm" mb="md" wrap="nowrap">
          <Logo size={34} />
          <div>
            <Title order={1}>{t.product}</Title>
            <Text size="xs" c="dimmed">
              {title}
            </Text>
          </div>
        </Group>
        {children}
      </section>
      <Group justify="center" mt="md">
        <Preferences />
      </Group>
    </main>
  );
}
