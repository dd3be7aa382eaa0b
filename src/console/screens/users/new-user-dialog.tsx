import { Checkbox, PasswordInput, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { role as roles, type Role } from '../../../protocol/api';
import { LIMITS } from '../../../protocol/limits';
import { useLoginState } from '../../api/login';
import { useCreateUser } from '../../api/users';
import { useText } from '../../messages/language';
import { Dialog, DialogForm } from '../../parts/dialog';
import { fieldErrors, textsOf } from '../../parts/form';

export function NewUserDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useText();
  return (
    <Dialog opened={opened} onClose={onClose} title={t.users.createTitle}>
      <NewUserForm onDone={onClose} />
    </Dialog>
  );
}

function NewUserForm({ onDone }: { onDone: () => void }) {
  const t = useText();
  const create = useCreateUser();
  const oidc = useLoginState().data?.oidc;
  const [signsIn, setSignsIn] = useState(false);
  const errors = fieldErrors(create.error, t);
  return (
    <DialogForm
      submit={t.users.create}
      onSubmit={(form) => {
        const text = textsOf(form);
        create.mutate(
          {
            username: text('username'),
            displayName: text('displayName'),
            role: text('role') as Role,
            ...(oidc && text('oidc') !== '' ? { login: 'oidc' as const } : { password: text('password') }),
          },
          { onSuccess: onDone },
        );
      }}
      onCancel={onDone}
      isPending={create.isPending}
      error={create.error}
    >
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
      {oidc && (
        <Checkbox
          name="oidc"
          label={t.users.signsIn(oidc.name)}
          checked={signsIn}
          onChange={(event) => setSignsIn(event.currentTarget.checked)}
        />
      )}
      <PasswordInput
        disabled={signsIn}
        name="password"
        label={t.users.password}
        description={t.users.passwordHint(LIMITS.PASSWORD_CHARACTERS_MIN)}
        error={errors.password}
        autoComplete="new-password"
        maxLength={LIMITS.PASSWORD_CHARACTERS_MAX}
        required
      />
    </DialogForm>
  );
}
