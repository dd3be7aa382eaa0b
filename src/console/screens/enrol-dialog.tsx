import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useCreateEnrolment, type CreatedEnrolment } from '../api/agents';
import { useFormats, useText } from '../messages/language';
import { CopyLine } from '../parts/copy-line';
import { fieldErrors } from '../parts/field-errors';
import { textsOf } from '../parts/form-text';
import { ProblemNotice } from '../parts/notice';

export function EnrolDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useText();
  const create = useCreateEnrolment();
  return (
    <Modal
      opened={opened}
      onClose={() => {
        create.reset();
        onClose();
      }}
      size="lg"
      title={create.data ? t.agents.codeTitle : t.agents.enrol}
      closeButtonProps={{ 'aria-label': t.actions.close }}
      // what is shown once must not vanish by a slip of the pointer
      closeOnClickOutside={!create.data}
    >
      {create.data ? <EnrolmentCode created={create.data} /> : <EnrolForm create={create} onCancel={onClose} />}
    </Modal>
  );
}

function EnrolForm({ create, onCancel }: { create: ReturnType<typeof useCreateEnrolment>; onCancel: () => void }) {
  const t = useText();
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(textsOf(event.currentTarget)('agentId'));
      }}
    >
      <Stack gap="sm">
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
        {create.error && <ProblemNotice error={create.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            {t.actions.cancel}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {t.agents.createCode}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** The only time the code is shown. */
function EnrolmentCode({ created: { ticket: code, expiresAt } }: { created: CreatedEnrolment }) {
  const t = useText();
  const formats = useFormats();
  const command = `platen agent enrol ${code} --server ${location.origin} --config agent.json`;
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
