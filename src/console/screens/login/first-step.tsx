import { Button, Divider, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useLocation, useSearchParams } from 'react-router';
import { OIDC_REFUSALS, type LoginState } from '../../../protocol/account';
import { useText } from '../../messages/language';
import { WarningIcon } from '../../parts/icons';
import { PasskeyButton } from './passkey-button';
import { PasswordStep } from './password-step';

/** The ways to log in: with a password, by single sign-on, or both. @param ended whether the login has just ended */
export function FirstStep({ state: { password, oidc, passkeys }, ended }: { state: LoginState; ended: boolean }) {
  const t = useText();
  const [withPassword, setWithPassword] = useState(password);
  const { pathname, search } = useLocation();
  const local = (
    <>
      <PasswordStep ended={ended && !oidc} />
      {passkeys && <PasskeyButton />}
    </>
  );
  if (!oidc) return <Stack gap="md">{local}</Stack>;
  // without the reason of an earlier refusal
  const to = new URLSearchParams({ to: `${pathname}${search.includes('refused=') ? '' : search}` });
  return (
    <Stack gap="md">
      <Refusal />
      {ended && <Text size="sm">{t.login.ended}</Text>}
      <Button component="a" href={`/api/auth/oidc/login?${to.toString()}`} fullWidth>
        {t.login.signInWith(oidc.name)}
      </Button>
      {ended && (
        <Button component="a" href="/api/auth/oidc/logout" variant="subtle" fullWidth>
          {t.login.signOutOf(oidc.name)}
        </Button>
      )}
      {withPassword ? (
        <>
          <Divider label={t.login.or} />
          {local}
        </>
      ) : (
        <Button variant="subtle" size="xs" onClick={() => setWithPassword(true)}>
          {t.login.emergency}
        </Button>
      )}
    </Stack>
  );
}

/** Why the provider, or Platen after it, has refused the last attempt. */
function Refusal() {
  const t = useText();
  const [parameters] = useSearchParams();
  const refused = parameters.get('refused');
  const why = Object.entries(OIDC_REFUSALS).find(([, parameter]) => parameter === refused)?.[0];
  if (why === undefined) return null;
  return (
    <div className="notice" role="alert">
      <WarningIcon />
      <div>
        <Text fw={600} size="sm">
          {t.login.refusedTitle}
        </Text>
        <Text size="sm">{t.login.refused[why as keyof typeof OIDC_REFUSALS]}</Text>
      </div>
    </div>
  );
}
