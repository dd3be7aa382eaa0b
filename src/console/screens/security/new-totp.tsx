import { Button, Stack, Text, TextInput } from '@mantine/core';
import { useBeginTotp, useConfirmTotp } from '../../api/account';
import { useText } from '../../messages/language';
import { lazyPart } from '../../loading/lazy-part';
import { CopyLine } from '../../parts/copy-line';
import { fieldErrors, textsOf } from '../../parts/form';
import { ProblemNotice } from '../../parts/notice';

const QrCode = lazyPart(() => import('../../parts/qr-code').then((of) => of.QrCode), <div className="qr-code" />);

/**
 * Sets up an authenticator app: name, QR code, first code.
 * @param onDone with recovery codes, which are shown once, if there were none
 */
export function NewTotp({ onDone }: { onDone: (codes: string[] | null) => void }) {
  const t = useText();
  const begin = useBeginTotp();
  const confirm = useConfirmTotp();
  const made = begin.data;
  if (!made)
    return (
      <form
        onSubmit={(event) => {
          event.preventDefault();
          begin.mutate({ name: textsOf(event.currentTarget)('name') });
        }}
      >
        <Stack gap="sm">
          <TextInput
            name="name"
            label={t.security.factorName}
            description={t.security.factorNameHint}
            defaultValue={t.security.phone}
            error={fieldErrors(begin.error, t).name}
            maxLength={100}
            required
            withAsterisk={false}
            data-autofocus
          />
          {begin.error && <ProblemNotice error={begin.error} />}
          <Button type="submit" loading={begin.isPending}>
            {t.security.next}
          </Button>
        </Stack>
      </form>
    );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const code = textsOf(event.currentTarget)('code');
        confirm.mutate({ id: made.id, code }, { onSuccess: (answer) => onDone(answer.recoveryCodes) });
      }}
    >
      <Stack gap="sm">
        <Text size="sm">{t.security.scan}</Text>
        <QrCode text={made.uri} label={t.security.qrCode} />
        <Text size="sm" c="dimmed">
          {t.security.typeSecret}
        </Text>
        <CopyLine label={t.security.secret} text={made.secret} />
        <TextInput
          name="code"
          label={t.security.firstCode}
          error={fieldErrors(confirm.error, t).code}
          autoComplete="one-time-code"
          inputMode="numeric"
          maxLength={40}
          required
          withAsterisk={false}
          data-autofocus
        />
        {confirm.error && <ProblemNotice error={confirm.error} />}
        <Button type="submit" loading={confirm.isPending}>
          {t.security.confirm}
        </Button>
      </Stack>
    </form>
  );
}
