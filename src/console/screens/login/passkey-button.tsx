import { Button, Text } from '@mantine/core';
import { usePasskeyLogin } from '../../api/passkeys';
import { ApiProblem } from '../../api/request';
import { useText } from '../../messages/language';
import { ProblemNotice } from '../../parts/notice';

/** Logs in with a passkey. */
export function PasskeyButton() {
  const t = useText();
  const logIn = usePasskeyLogin();
  return (
    <>
      <Button variant="default" fullWidth loading={logIn.isPending} onClick={() => logIn.mutate()}>
        {t.login.passkey}
      </Button>
      {logIn.error && <PasskeyFailure error={logIn.error} />}
    </>
  );
}

/** The browser gives no reason that would help: cancelled, no passkey, or too late. */
export function PasskeyFailure({ error }: { error: unknown }) {
  const t = useText();
  if (error instanceof ApiProblem) return <ProblemNotice error={error} />;
  return (
    <Text size="sm" c="red" role="alert">
      {t.security.passkeyFailed}
    </Text>
  );
}
