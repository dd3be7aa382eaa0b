import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useCreateToken } from '../api/tokens';
import { useText } from '../messages/language';
import { CopyLine } from '../parts/copy-line';
import { fieldErrors } from '../parts/field-errors';
import { textsOf } from '../parts/form-text';
import { ProblemNotice } from '../parts/notice';

const DAYS = [7, 30, 90, 365];
const FOREVER = 'forever';

export function NewTokenDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useText();
  const create = useCreateToken();
  const close = (): void => {
    create.reset();
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t.tokens.create}
      closeButtonProps={{ 'aria-label': t.actions.close }}
      // what is shown once must not vanish by a slip of the pointer
      closeOnClickOutside={!create.data}
    >
      {create.data ? (
        <Stack gap="sm">
          <Text size="sm">{t.tokens.shownOnce}</Text>
          <CopyLine label={t.tokens.token} text={create.data.token} />
        </Stack>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const text = textsOf(event.currentTarget);
            const days = text('days');
            create.mutate({
              name: text('name'),
              ...(days !== FOREVER && { expiresInDays: Number(days) }),
            });
          }}
        >
          <Stack gap="sm">
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
            {create.error && <ProblemNotice error={create.error} />}
            <Group justify="flex-end" gap="xs">
              <Button variant="default" onClick={close}>
                {t.actions.cancel}
              </Button>
              <Button type="submit" loading={create.isPending}>
                {t.tokens.create}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}
