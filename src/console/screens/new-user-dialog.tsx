import { Button, Group, Modal, PasswordInput, Select, Stack, TextInput } from '@mantine/core';
import { role as roles, type Role } from '../../protocol/api';
import { LIMITS } from '../../protocol/limits';
import { useCreateUser } from '../api/users';
import { useText } from '../messages/language';
import { fieldErrors } from '../parts/field-errors';
import { textsOf } from '../parts/form-text';
import { ProblemNotice } from '../parts/notice';

export function NewUserDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useText();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t.users.createTitle}
      closeButtonProps={{ 'aria-label': t.actions.close }}
    >
      <NewUserForm onDone={onClose} />
    </Modal>
  );
}

function NewUserForm({ onDone }: { onDone: () => void }) {
  const t = useText();
  const create = useCreateUser();
  const errors = fieldErrors(create.error, t);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const text = textsOf(event.currentTarget);
        create.mutate(
          {
            username: text('username'),
            displayName: text('displayName'),
            role: text('role') as Role,
            password: text('password'),
          },
          { onSuccess: onDone },
        );
      }}
    >
      <Stack gap="sm">
        <TextInput
          name="username"
          label={t.users.username}
          description={t.users.usernameHint}
          error={errors.username}
          autoComplete="off"
          autoCapitalize="none"
          maxLength={64}
          required
          data-autofocus
        />
        <TextInput
          name="displayName"
          label={t.users.displayName}
          description={t.users.displayNameHint}
          error={errors.displayName}
          autoComplete="off"
          maxLength={100}
          required
        />
        <Select
          name="role"
          label={t.users.role}
          data={roles.options.map((value) => ({ value, label: t.roles[value] }))}
          defaultValue="technician"
          allowDeselect={false}
        />
        <PasswordInput
          name="password"
          label={t.users.password}
          description={t.users.passwordHint(LIMITS.PASSWORD_CHARACTERS_MIN)}
          error={errors.password}
          autoComplete="new-password"
          maxLength={LIMITS.PASSWORD_CHARACTERS_MAX}
          required
        />
        {create.error && <ProblemNotice error={create.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onDone}>
            {t.actions.cancel}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {t.users.create}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
