import { Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useLoginCompleted } from '../../api/login';
import { useText } from '../../messages/language';
import { NewTotp } from '../security/new-totp';
import { RecoveryCodes } from '../security/recovery-codes';
import { GiveUp } from './factor-step';

/** Sets up the factor that the role requires, which completes the login; it is shown until the recovery codes are kept. */
export function SetUpStep() {
  const t = useText();
  const completed = useLoginCompleted();
  const [codes, setCodes] = useState<readonly string[]>();
  if (codes) return <RecoveryCodes codes={codes} onDone={completed} />;
  return (
    <Stack gap="md">
      <Text size="sm">{t.login.setUp}</Text>
      <NewTotp onDone={(made) => (made ? setCodes(made) : completed())} />
      <GiveUp />
    </Stack>
  );
}
