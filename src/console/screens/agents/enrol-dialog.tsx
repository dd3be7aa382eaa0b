import { Autocomplete, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useCreateEnrolment, type CreatedEnrolment } from '../../api/agents';
import { useCustomers } from '../../api/customers';
import { useFormats, useText } from '../../messages/language';
import { CopyLine } from '../../parts/copy-line';
import { Dialog, DialogForm } from '../../parts/dialog';
import { fieldErrors, textsOf } from '../../parts/form';

export function EnrolDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useText();
  const create = useCreateEnrolment();
  return (
    <Dialog
      opened={opened}
      onClose={() => {
        create.reset();
        onClose();
      }}
      size="lg"
      title={create.data ? t.agents.codeTitle : t.agents.enrol}
      keepOpen={create.data !== undefined}
    >
      {create.data ? <EnrolmentCode created={create.data} /> : <EnrolForm create={create} onCancel={onClose} />}
    </Dialog>
  );
}

function EnrolForm({ create, onCancel }: { create: ReturnType<typeof useCreateEnrolment>; onCancel: () => void }) {
  const t = useText();
  const customers = useCustomers().data ?? [];
  const [customer, setCustomer] = useState('');
  const errors = fieldErrors(create.error, t);
  const sites = customers.find(({ name }) => name === customer.trim())?.sites ?? [];
  return (
    <DialogForm
      submit={t.agents.createCode}
      onSubmit={(form) => {
        const text = textsOf(form);
        create.mutate({
          agentId: text('agentId'),
          customer: text('customer'),
          site: text('site'),
          deviceIds: text('deviceIds'),
        });
      }}
      onCancel={onCancel}
      isPending={create.isPending}
      error={create.error}
    >
      <TextInput
        name="agentId"
        label={t.agents.agentId}
        description={t.agents.agentIdHint}
        error={errors.agentId}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={64}
        required
        data-autofocus
      />
      <Autocomplete
        name="customer"
        label={t.agents.customer}
        description={t.agents.customerHint}
        data={customers.map(({ name }) => name)}
        value={customer}
        onChange={setCustomer}
        maxLength={100}
      />
      <Autocomplete
        name="site"
        label={t.agents.site}
        description={t.agents.siteHint}
        data={sites.map(({ name }) => name)}
        error={errors.siteId ?? errors.name}
        maxLength={100}
      />
      <DeviceIdsField error={create.error} hint={t.agents.deviceIdsHint} />
    </DialogForm>
  );
}

/** The device IDs that an agent may announce. */
export function DeviceIdsField(props: { error: unknown; hint: string; ids?: readonly string[] }) {
  const t = useText();
  const errors = Object.entries(fieldErrors(props.error, t));
  return (
    <TextInput
      name="deviceIds"
      label={t.agents.deviceIds}
      description={props.hint}
      placeholder="hall-*, lobby"
      defaultValue={props.ids?.join(', ')}
      error={errors.find(([path]) => path.startsWith('deviceIds'))?.[1]}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
    />
  );
}

/** Shows the code, once. */
function EnrolmentCode({ created: { ticket: code, expiresAt } }: { created: CreatedEnrolment }) {
  const t = useText();
  const formats = useFormats();
  // `echo` is no process of its own, so that the code is not in the list of processes; the leading space keeps the line out of
  // the history of the shell, where that is set
  const command = ` echo ${code} | sudo platen-agent enrol - --server ${location.origin}`;
  return (
    <Stack gap="sm">
      <Text size="sm">
        {t.agents.codeOnce} {t.agents.codeUntil(formats.moment(expiresAt))}
      </Text>
      <Text size="sm" fw={600}>
        {t.agents.command}
      </Text>
      <CopyLine label={t.agents.command} text={command} />
      <Text size="sm">{t.agents.commandElsewhere}</Text>
    </Stack>
  );
}
