import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Webhook } from '../../../protocol/webhook';
import { useCustomers } from '../../api/customers';
import { useChangeWebhook, useCreateWebhook } from '../../api/webhooks';
import { useText } from '../../messages/language';
import { CopyLine } from '../../parts/copy-line';
import { Dialog, DialogForm } from '../../parts/dialog';
import { fieldErrors, textsOf } from '../../parts/form';

/** Creates a webhook, then shows its secret once. */
export function NewWebhookDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useText();
  const customers = useCustomers();
  const [customerId, setCustomerId] = useState<string | null>(null);
  const create = useCreateWebhook();
  const close = (): void => {
    create.reset();
    onClose();
  };
  const { data } = create;
  return (
    <Dialog
      opened={opened}
      onClose={close}
      title={data ? t.alerts.webhooks.secretOf(data.name) : t.alerts.webhooks.create}
      keepOpen={data !== undefined}
    >
      {data ? (
        <WebhookSecret secret={data.secret} onDone={close} />
      ) : (
        <DialogForm
          submit={t.actions.save}
          onSubmit={(form) => {
            const text = textsOf(form);
            create.mutate({ name: text('name'), url: text('url'), customerId });
          }}
          onCancel={close}
          isPending={create.isPending}
          error={create.error}
        >
          <Fields error={create.error} />
          <Select
            label={t.alerts.webhooks.customer}
            placeholder={t.alerts.webhooks.all}
            data={(customers.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
            value={customerId}
            onChange={setCustomerId}
            clearable
            searchable
          />
        </DialogForm>
      )}
    </Dialog>
  );
}

/** A button whose dialog changes name and address. */
export function EditWebhook({ webhook }: { webhook: Webhook }) {
  const t = useText();
  const [opened, setOpened] = useState(false);
  const change = useChangeWebhook();
  const close = (): void => setOpened(false);
  const title = t.alerts.webhooks.changeTitle(webhook.name);
  return (
    <>
      <Button
        size="xs"
        variant="default"
        aria-label={title}
        onClick={() => {
          change.reset();
          setOpened(true);
        }}
      >
        {t.alerts.webhooks.change}
      </Button>
      <Dialog opened={opened} onClose={close} title={title}>
        <DialogForm
          submit={t.actions.save}
          onSubmit={(form) => {
            const text = textsOf(form);
            const fields = { name: text('name'), url: text('url') };
            change.mutate({ id: webhook.id, change: fields }, { onSuccess: close });
          }}
          onCancel={close}
          isPending={change.isPending}
          error={change.error}
        >
          <Fields of={webhook} error={change.error} />
        </DialogForm>
      </Dialog>
    </>
  );
}

function Fields({ of, error }: { of?: Webhook; error: unknown }) {
  const t = useText();
  const errors = fieldErrors(error, t);
  return (
    <>
      <TextInput
        name="name"
        label={t.alerts.webhooks.name}
        defaultValue={of?.name}
        error={errors.name}
        maxLength={100}
        autoComplete="off"
        required
        data-autofocus
      />
      <TextInput
        name="url"
        type="url"
        label={t.alerts.webhooks.url}
        description={t.alerts.webhooks.urlHint}
        defaultValue={of?.url}
        error={errors.url}
        maxLength={2_000}
        autoComplete="off"
        required
      />
    </>
  );
}

/** The secret, which is shown once. */
export function WebhookSecret({ secret, onDone }: { secret: string; onDone: () => void }) {
  const t = useText();
  return (
    <Stack gap="sm">
      <Text size="sm">{t.alerts.webhooks.secretOnce}</Text>
      <CopyLine label={t.alerts.webhooks.secret} text={secret} />
      <Group justify="flex-end">
        <Button onClick={onDone}>{t.alerts.webhooks.done}</Button>
      </Group>
    </Stack>
  );
}
