import { Button, Stack, Text, TextInput } from '@mantine/core';
import { useEnterCode, useGiveUpLogin } from '../../api/login';
import { useText } from '../../messages/language';
import { textsOf } from '../../parts/form';
import { ProblemNotice } from '../../parts/notice';
import { PasskeyButton } from './passkey-button';

/** The second factor, after the password. @param withPasskey whether the user has a passkey */
export function FactorStep({ withPasskey }: { withPasskey: boolean }) {
  const t = useText();
  const enter = useEnterCode();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        enter.mutate({ code: textsOf(form)('code') }, { onError: () => form.reset() });
      }}
    >
      <Stack gap="md">
        {enter.error && <ProblemNotice error={enter.error} />}
        <TextInput
          name="code"
          label={t.login.code}
          description={t.login.codeHint}
          autoComplete="one-time-code"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          required
          withAsterisk={false}
          maxLength={40}
        />
        <Button type="submit" fullWidth loading={enter.isPending}>
          {t.login.submit}
        </Button>
        {withPasskey && <PasskeyButton />}
        <Text size="xs" c="dimmed">
          {t.login.lostFactor}
        </Text>
        <GiveUp />
      </Stack>
    </form>
  );
}

/** Back to the password. */
export function GiveUp() {
  const t = useText();
  const giveUp = useGiveUpLogin();
  return (
    <Button variant="subtle" fullWidth loading={giveUp.isPending} onClick={() => giveUp.mutate()}>
      {t.login.giveUp}
    </Button>
  );
}
