import { Button, Group, PasswordInput, Select, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { role as roles, type User } from '../../../protocol/api';
import { LIMITS } from '../../../protocol/limits';
import { useLoginState } from '../../api/login';
import { useAdministrators, useChangeUser } from '../../api/users';
import { useText } from '../../messages/language';
import { Confirm } from '../../parts/confirm';
import { Dialog } from '../../parts/dialog';
import { fieldErrors } from '../../parts/form';
import { ProblemNotice } from '../../parts/notice';

const NONE = 'none';

/** @param user undefined: closed */
export function UserDialog({ user, onClose }: { user: User | undefined; onClose: () => void }) {
  const t = useText();
  return (
    <Dialog opened={user !== undefined} onClose={onClose} title={user && t.users.changeTitle(user.displayName)}>
      {user && <UserForm user={user} onDone={onClose} />}
    </Dialog>
  );
}

function UserForm({ user, onDone }: { user: User; onDone: () => void }) {
  const t = useText();
  const change = useChangeUser();
  const activity = useChangeUser();
  const [displayName, setDisplayName] = useState(user.displayName);
  const [role, setRole] = useState(user.role);
  const administrators = useAdministrators();
  const [administratorId, setAdministrator] = useState(user.administratorId);
  const [email, setEmail] = useState(user.email ?? '');
  const [password, setPassword] = useState('');
  const errors = fieldErrors(change.error, t);
  const setActive = (active: boolean, done: () => void): void =>
    activity.mutate({ id: user.id, change: { active } }, { onSuccess: done });
  return (
    <Stack gap="sm">
      <form
        id="user-form"
        onSubmit={(event) => {
          event.preventDefault();
          const changed = {
            displayName,
            role,
            administratorId,
            email: email.trim() || null,
            ...(password && { password }),
          };
          change.mutate({ id: user.id, change: changed }, { onSuccess: onDone });
        }}
      >
        <Stack gap="sm">
          <TextInput
            label={t.users.displayName}
            value={displayName}
            onChange={(event) => setDisplayName(event.currentTarget.value)}
            error={errors.displayName}
            maxLength={100}
            required
            data-autofocus
          />
          <Select
            label={t.users.role}
            data={roles.options.map((value) => ({ value, label: t.roles[value] }))}
            value={role}
            onChange={(value) => setRole(roles.parse(value))}
            allowDeselect={false}
          />
          <Select
            label={t.users.administrator}
            description={t.users.administratorHint}
            data={[
              { value: NONE, label: t.users.noAdministrator },
              ...(administrators.data ?? [])
                .filter(({ id }) => id !== user.id)
                .map(({ id, displayName: name, username }) => ({ value: id, label: `${name} (${username})` })),
            ]}
            value={administratorId ?? NONE}
            onChange={(value) => setAdministrator(value === NONE ? null : value)}
            error={errors.administratorId}
            allowDeselect={false}
          />
          <TextInput
            type="email"
            label={t.users.email}
            description={t.users.emailHint}
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            error={errors.email}
            maxLength={254}
          />
          {user.login !== 'oidc' && (
            <PasswordInput
              label={t.users.newPassword}
              description={t.users.newPasswordHint}
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              error={errors.password}
              autoComplete="new-password"
              maxLength={LIMITS.PASSWORD_CHARACTERS_MAX}
            />
          )}
          {change.error && <ProblemNotice error={change.error} />}
          {activity.error && user.active === false && <ProblemNotice error={activity.error} />}
        </Stack>
      </form>
      <WayToLogIn user={user} onDone={onDone} />
      <Group justify="space-between" gap="xs">
        {user.active ? (
          <Confirm
            button={t.users.deactivate}
            title={t.users.deactivateTitle(user.displayName)}
            hint={t.users.deactivateHint}
            look="subtle"
            action={{
              ...activity,
              run: (done) =>
                setActive(false, () => {
                  done();
                  onDone();
                }),
            }}
          />
        ) : (
          <Button size="xs" variant="light" loading={activity.isPending} onClick={() => setActive(true, onDone)}>
            {t.users.activate}
          </Button>
        )}
        <Group gap="xs">
          <Button variant="default" onClick={onDone}>
            {t.actions.cancel}
          </Button>
          <Button type="submit" form="user-form" loading={change.isPending}>
            {t.actions.save}
          </Button>
        </Group>
      </Group>
    </Stack>
  );
}

/** Switches a user from the password to single sign-on, and back with a new password. */
function WayToLogIn({ user, onDone }: { user: User; onDone: () => void }) {
  const t = useText();
  const ways = useLoginState().data;
  const change = useChangeUser();
  const [password, setPassword] = useState('');
  const run = (to: Parameters<typeof change.mutate>[0]['change'], done: () => void): void =>
    change.mutate(
      { id: user.id, change: to },
      {
        onSuccess: () => {
          done();
          onDone();
        },
      },
    );
  if (!ways) return null;
  const { oidc, password: isLocal } = ways;
  if (user.login === 'oidc')
    return !isLocal ? null : (
      <Confirm
        button={t.users.toPassword}
        title={t.users.toPasswordTitle(user.displayName)}
        hint={t.users.toPasswordHint}
        look="default"
        action={{ ...change, run: (done) => run({ password }, done) }}
      >
        <PasswordInput
          label={t.users.newPassword}
          description={t.users.passwordHint(LIMITS.PASSWORD_CHARACTERS_MIN)}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={fieldErrors(change.error, t).password}
          autoComplete="new-password"
          maxLength={LIMITS.PASSWORD_CHARACTERS_MAX}
          required
        />
      </Confirm>
    );
  // an emergency login is for the time when single sign-on fails
  if (!oidc || user.login === 'emergency') return null;
  return (
    <Confirm
      button={t.users.toSingleSignOn(oidc.name)}
      title={t.users.toSingleSignOnTitle(user.displayName, oidc.name)}
      hint={t.users.toSingleSignOnHint(oidc.name, user.username)}
      look="default"
      action={{ ...change, run: (done) => run({ login: 'oidc' }, done) }}
    />
  );
}
