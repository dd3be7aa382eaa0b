import { Button, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useLoginCompleted } from '../../api/login';
import { useText } from '../../messages/language';
import { NewPasskey } from '../security/new-passkey';
import { NewTotp } from '../security/new-totp';
import { RecoveryCodes } from '../security/recovery-codes';
import { GiveUp } from './factor-step';

/**
 * Sets up the factor that the role requires, which completes the login; it is shown until the recovery codes are kept.
 * @param passkeys whether they can be used under this address
 */
export function SetUpStep({ passkeys }: { passkeys: boolean }) {
  const t = useText();
  const completed = useLoginCompleted();
  const [codes, setCodes] = useState<readonly string[]>();
  const [withPasskey, setWithPasskey] = useState(false);
  const done = (made: string[] | null): void => (made ? setCodes(made) : completed());
  if (codes) return <RecoveryCodes codes={codes} onDone={completed} />;
  return (
    <Stack gap="md">
      <Text size="sm">{t.login.setUp}</Text>
      {withPasskey ? <NewPasskey onDone={done} /> : <NewTotp onDone={done} />}
      {passkeys && (
        <Button variant="default" fullWidth onClick={() => setWithPasskey(!withPasskey)}>
          {withPasskey ? t.security.appInstead : t.security.passkeyInstead}
        </Button>
      )}
      <GiveUp />
    </Stack>
  );
}
