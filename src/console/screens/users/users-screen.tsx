import { Button, Group } from '@mantine/core';
import { useState } from 'react';
import type { User } from '../../../protocol/api';
import { useCustomers } from '../../api/customers';
import { rowsOf } from '../../api/pages';
import { useUsers } from '../../api/users';
import { useFormats, useText } from '../../messages/language';
import { PlusIcon } from '../../parts/icons';
import { Loaded, More } from '../../parts/loaded';
import { Page } from '../../parts/page';
import { Panel } from '../../parts/panel';
import { Status } from '../../parts/status';
import { Table } from '../../parts/table';
import { useCurrent } from '../current-user';
import { NewUserDialog } from './new-user-dialog';
import { UserDialog } from './user-dialog';
import { UserLoginsDialog } from './user-logins-dialog';

export function UsersScreen() {
  const t = useText();
  const formats = useFormats();
  const { me } = useCurrent();
  const users = useUsers();
  const customers = useCustomers().data ?? [];
  const customersOf = (userId: string): string => {
    const names = customers.filter(({ userIds }) => userIds?.includes(userId)).map(({ name }) => name);
    return names.join(', ') || t.customers.noneAssigned;
  };
  const [creating, setCreating] = useState(false);
  const [changing, setChanging] = useState<User>();
  const [shown, setShown] = useState<User>();
  return (
    <Page
      title={t.users.title}
      actions={
        <Button size="xs" leftSection={<PlusIcon size={15} />} onClick={() => setCreating(true)}>
          {t.users.create}
        </Button>
      }
    >
      <Panel>
        <Loaded query={users}>
          {(pages) => (
            <Table
              label={t.users.title}
              rows={rowsOf(pages)}
              keyOf={({ id }) => id}
              columns={[
                {
                  title: t.users.displayName,
                  cell: ({ displayName, username, id, login }) => (
                    <>
                      <strong>{displayName}</strong> {id === me.id && <span className="minor">({t.users.you})</span>}
                      <div className="minor">{[username, t.users.ways[login]].filter(Boolean).join(' · ')}</div>
                    </>
                  ),
                },
                { title: t.users.role, cell: ({ role }) => t.roles[role] },
                {
                  title: t.users.status,
                  cell: ({ active }) => (
                    <Status tone={active ? 'on' : 'off'}>{active ? t.users.active : t.users.inactive}</Status>
                  ),
                },
                {
                  title: t.customers.title,
                  cell: ({ id, role }) => (role === 'admin' ? t.customers.all : customersOf(id)),
                },
                { title: t.profile.email, cell: ({ email }) => email },
                { title: t.users.since, cell: ({ createdAt }) => formats.moment(createdAt) },
                {
                  title: t.users.change,
                  untitled: true,
                  cell: (user) => (
                    <Group gap="xs" wrap="nowrap">
                      <Button
                        size="xs"
                        variant="subtle"
                        aria-label={t.security.accessOf(user.displayName)}
                        onClick={() => setShown(user)}
                      >
                        {t.users.logins}
                      </Button>
                      <Button
                        size="xs"
                        variant="default"
                        aria-label={t.users.changeTitle(user.displayName)}
                        onClick={() => setChanging(user)}
                      >
                        {t.users.change}
                      </Button>
                    </Group>
                  ),
                },
              ]}
            />
          )}
        </Loaded>
        <More query={users} />
      </Panel>
      <NewUserDialog opened={creating} onClose={() => setCreating(false)} />
      <UserLoginsDialog user={shown} onClose={() => setShown(undefined)} />
      <UserDialog user={changing} onClose={() => setChanging(undefined)} />
    </Page>
  );
}
