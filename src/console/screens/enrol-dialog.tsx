import { Stack, Text, TextInput } from '@mantine/core';
import { useCreateEnrolment, type CreatedEnrolment } from '../api/agents';
import { useFormats, useText } from '../messages/language';
import { CopyLine } from '../parts/copy-line';
import { Dialog, DialogForm } from '../parts/dialog';
import { fieldErrors, textsOf } from '../parts/form';

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
  return (
    <DialogForm
      submit={t.agents.createCode}
      onSubmit={(form) => create.mutate(textsOf(form)('agentId'))}
      onCancel={onCancel}
      isPending={create.isPending}
      error={create.error}
    >
      <TextInput
        name="agentId"
        label={t.agents.agentId}
        description={t.agents.agentIdHint}
        error={fieldErrors(create.error, t).agentId}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={64}
        required
        data-autofocus
      />
    </DialogForm>
  );
}

/** Shows the code, once. */
function EnrolmentCode({ created: { ticket: code, expiresAt } }: { created: CreatedEnrolment }) {
  const t = useText();
  const formats = useFormats();
  const command = `platen agent enrol - --server ${location.origin} --config agent.json`;
  return (
    <Stack gap="sm">
      <Text size="sm">
        {t.agents.codeOnce} {t.agents.codeUntil(formats.moment(expiresAt))}
      </Text>
      <Text size="sm" fw={600}>
        {t.agents.command}
      </Text>
      <CopyLine label={t.agents.command} text={command} />
      <Text size="sm" fw={600}>
        {t.agents.code}
      </Text>
      <CopyLine label={t.agents.code} text={code} />
    </Stack>
  );
}
