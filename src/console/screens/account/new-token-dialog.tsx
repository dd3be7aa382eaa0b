import { Checkbox, Select, Stack, Text, TextInput } from '@mantine/core';
import { useCreateToken } from '../../api/tokens';
import { useText } from '../../messages/language';
import { CopyLine } from '../../parts/copy-line';
import { Dialog, DialogForm } from '../../parts/dialog';
import { fieldErrors, textsOf } from '../../parts/form';
import { useCurrent } from '../current-user';

const DAYS = [7, 30, 90, 365];
const FOREVER = 'forever';

export function NewTokenDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useText();
  const { isAdmin } = useCurrent();
  const create = useCreateToken();
  const close = (): void => {
    create.reset();
    onClose();
  };
  return (
    <Dialog opened={opened} onClose={close} title={t.tokens.create} keepOpen={create.data !== undefined}>
      {create.data ? (
        <Stack gap="sm">
          <Text size="sm">{t.tokens.shownOnce}</Text>
          <CopyLine label={t.tokens.token} text={create.data.token} />
        </Stack>
      ) : (
        <DialogForm
          submit={t.tokens.create}
          onSubmit={(form) => {
            const text = textsOf(form);
            const days = text('days');
            create.mutate({
              name: text('name'),
              ...(days !== FOREVER && { expiresInDays: Number(days) }),
              ...(text('accounts') !== '' && { accounts: true }),
            });
          }}
          onCancel={close}
          isPending={create.isPending}
          error={create.error}
        >
          <TextInput
            name="name"
            label={t.tokens.name}
            description={t.tokens.nameHint}
            error={fieldErrors(create.error, t).name}
            autoComplete="off"
            maxLength={100}
            required
            data-autofocus
          />
          <Select
            name="days"
            label={t.tokens.expires}
            data={[
              ...DAYS.map((days) => ({ value: String(days), label: t.tokens.days(days) })),
              { value: FOREVER, label: t.tokens.forever },
            ]}
            defaultValue="90"
            allowDeselect={false}
          />
          {isAdmin && <Checkbox name="accounts" label={t.tokens.accounts} description={t.tokens.accountsHint} />}
        </DialogForm>
      )}
    </Dialog>
  );
}
