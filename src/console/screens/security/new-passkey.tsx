import { Button, Stack, Text, TextInput } from '@mantine/core';
import { useAddPasskey } from '../../api/passkeys';
import { useText } from '../../messages/language';
import { textsOf } from '../../parts/form';
import { PasskeyFailure } from '../login/passkey-button';

/** Adds a passkey. @param onDone with recovery codes, which are shown once, if there were none */
export function NewPasskey({ onDone }: { onDone: (codes: string[] | null) => void }) {
  const t = useText();
  const add = useAddPasskey();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(textsOf(event.currentTarget)('name'), { onSuccess: (answer) => onDone(answer.recoveryCodes) });
      }}
    >
      <Stack gap="sm">
        <Text size="sm">{t.security.passkeyHint}</Text>
        <TextInput
          name="name"
          label={t.security.factorName}
          defaultValue={t.security.thisDevice}
          maxLength={100}
          required
          withAsterisk={false}
          data-autofocus
        />
        {add.error && <PasskeyFailure error={add.error} />}
        <Button type="submit" loading={add.isPending}>
          {t.security.createPasskey}
        </Button>
      </Stack>
    </form>
  );
}
