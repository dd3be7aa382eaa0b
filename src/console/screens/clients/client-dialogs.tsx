import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import type { CreatedExternalClient, ExternalClient } from '../../../protocol/external-clients';
import { LIMITS } from '../../../protocol/limits';
import { useChangeExternalClient, useCreateExternalClient, useRotateSecret } from '../../api/external-clients';
import { serverNow } from '../../api/server-time';
import { useFormats, useText } from '../../messages/language';
import { CopyLine } from '../../parts/copy-line';
import { Dialog, DialogForm } from '../../parts/dialog';
import { fieldErrors, textsOf } from '../../parts/form';
import { isComplete, PermissionFields, type Permissions } from './client-fields';

const DAYS = [30, 90, 365];
const DAY_MS = 24 * 60 * 60_000;
const FOREVER = 'forever';
const UNCHANGED = 'unchanged';
const NO_LIMITS = { sites: null, devices: null, applications: null, operations: null };

/** Creates an external client, then shows its secret once. */
export function NewClientDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useText();
  const navigate = useNavigate();
  const create = useCreateExternalClient();
  const close = (): void => {
    create.reset();
    onClose();
  };
  const { data } = create;
  return (
    <Dialog
      opened={opened}
      onClose={close}
      size="lg"
      title={data ? t.clients.credentialsOf(data.name) : t.clients.create}
      keepOpen={data !== undefined}
    >
      {data ? (
        <Credentials created={data} onDone={() => void navigate(`/clients/${data.id}`)} />
      ) : (
        <NewClientForm create={create} onCancel={close} />
      )}
    </Dialog>
  );
}

function NewClientForm({
  create,
  onCancel,
}: {
  create: ReturnType<typeof useCreateExternalClient>;
  onCancel: () => void;
}) {
  const t = useText();
  const [permissions, setPermissions] = useState<Permissions>({ scopes: [], limits: NO_LIMITS });
  const [checked, setChecked] = useState(false);
  return (
    <DialogForm
      submit={t.clients.submit}
      onSubmit={(form) => {
        setChecked(true);
        if (!isComplete(permissions)) return;
        const text = textsOf(form);
        const days = text('days');
        create.mutate({
          ...permissions,
          name: text('name'),
          requestsPerMinute: Number(text('requestsPerMinute')),
          ...(days !== FOREVER && { expiresInDays: Number(days) }),
        });
      }}
      onCancel={onCancel}
      isPending={create.isPending}
      error={create.error}
    >
      <TextInput
        name="name"
        label={t.clients.name}
        description={t.clients.nameHint}
        error={fieldErrors(create.error, t).name}
        autoComplete="off"
        maxLength={50}
        required
        data-autofocus
      />
      <PermissionFields
        value={permissions}
        onChange={setPermissions}
        requestsPerMinute={LIMITS.CLIENT_REQUESTS_PER_MINUTE}
        checked={checked}
      />
      <Validity />
    </DialogForm>
  );
}

/** @param until of an existing client: its expiry, which need not change */
function Validity({ until }: { until?: string | null }) {
  const t = useText();
  const formats = useFormats();
  return (
    <Select
      name="days"
      label={t.clients.validity}
      data={[
        ...(until === undefined
          ? []
          : [{ value: UNCHANGED, label: t.clients.unchanged(until && formats.moment(until)) }]),
        ...DAYS.map((days) => ({ value: String(days), label: t.tokens.days(days) })),
        { value: FOREVER, label: t.tokens.forever },
      ]}
      defaultValue={until === undefined ? '365' : UNCHANGED}
      allowDeselect={false}
    />
  );
}

/** Client ID and secret, which is shown once, and what to do with them. */
function Credentials({ created: { id, secret }, onDone }: { created: CreatedExternalClient; onDone: () => void }) {
  const t = useText();
  // without the secret, which would remain in the history of the shell
  const tokenLine = `curl --user ${id} --data grant_type=client_credentials ${location.origin}/oauth/token`;
  return (
    <Stack gap="sm">
      <Text size="sm">{t.clients.secretOnce}</Text>
      <Labelled label={t.clients.clientId} text={id} />
      <Labelled label={t.clients.secret} text={secret} />
      <Labelled label={t.clients.tokenLine} text={tokenLine} />
      <Text size="sm">{t.clients.next}</Text>
      <Group justify="flex-end" gap="xs">
        <Button component="a" href="/api/docs" target="_blank" variant="default">
          {t.clients.apiDocs}
        </Button>
        <Button onClick={onDone}>{t.clients.done}</Button>
      </Group>
    </Stack>
  );
}

const Labelled = ({ label, text }: { label: string; text: string }) => (
  <div>
    <Text size="sm" fw={600} mb={4}>
      {label}
    </Text>
    <CopyLine label={label} text={text} />
  </div>
);

/** A button whose dialog changes scopes, limits and expiry. */
export function EditClient({ client }: { client: ExternalClient }) {
  const t = useText();
  const [opened, setOpened] = useState(false);
  const close = (): void => setOpened(false);
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpened(true)}>
        {t.clients.edit}
      </Button>
      <Dialog opened={opened} onClose={close} size="lg" title={t.clients.editTitle(client.name)}>
        <EditForm client={client} onDone={close} />
      </Dialog>
    </>
  );
}

function EditForm({ client, onDone }: { client: ExternalClient; onDone: () => void }) {
  const t = useText();
  const change = useChangeExternalClient();
  const [permissions, setPermissions] = useState<Permissions>(client);
  const [checked, setChecked] = useState(false);
  return (
    <DialogForm
      submit={t.actions.save}
      onSubmit={(form) => {
        setChecked(true);
        if (!isComplete(permissions)) return;
        const text = textsOf(form);
        const { scopes, limits } = permissions;
        const requestsPerMinute = Number(text('requestsPerMinute'));
        const expiry = expiryOf(text('days'));
        change.mutate(
          { id: client.id, change: { scopes, limits, requestsPerMinute, ...expiry } },
          { onSuccess: onDone },
        );
      }}
      onCancel={onDone}
      isPending={change.isPending}
      error={change.error}
    >
      <Text size="sm">{t.clients.editHint}</Text>
      <PermissionFields
        value={permissions}
        onChange={setPermissions}
        requestsPerMinute={client.requestsPerMinute}
        checked={checked}
      />
      <Validity until={client.expiresAt} />
    </DialogForm>
  );
}

function expiryOf(days: string): { expiresAt?: string | null } {
  if (days === UNCHANGED) return {};
  if (days === FOREVER) return { expiresAt: null };
  return { expiresAt: new Date(serverNow() + Number(days) * DAY_MS).toISOString() };
}

/** Minutes for which the earlier secret may work. */
const OVERLAPS = [1440, 60, 0] as const;

/** A button whose dialog replaces the secret. */
export function RotateSecret({ client }: { client: ExternalClient }) {
  const t = useText();
  const rotate = useRotateSecret();
  const [opened, setOpened] = useState(false);
  const [overlap, setOverlap] = useState<(typeof OVERLAPS)[number]>(OVERLAPS[0]);
  const close = (): void => {
    rotate.reset();
    setOpened(false);
  };
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpened(true)}>
        {t.clients.rotate}
      </Button>
      <Dialog
        opened={opened}
        onClose={close}
        size={rotate.data && 'lg'}
        title={t.clients.rotateTitle(client.name)}
        keepOpen={rotate.data !== undefined}
      >
        {rotate.data ? (
          <Credentials created={rotate.data} onDone={close} />
        ) : (
          <DialogForm
            submit={t.clients.rotate}
            onSubmit={() => rotate.mutate({ id: client.id, overlapMinutes: overlap })}
            onCancel={close}
            isPending={rotate.isPending}
            error={rotate.error}
          >
            <Text size="sm">{t.clients.rotateHint}</Text>
            <Select
              label={t.clients.overlap}
              description={overlap === 0 && t.clients.overlapNone}
              inputWrapperOrder={['label', 'input', 'description']}
              data={OVERLAPS.map((minutes) => ({ value: String(minutes), label: t.clients.overlaps[minutes] }))}
              value={String(overlap)}
              onChange={(chosen) => setOverlap(OVERLAPS.find((each) => String(each) === chosen) ?? overlap)}
              allowDeselect={false}
            />
          </DialogForm>
        )}
      </Dialog>
    </>
  );
}
