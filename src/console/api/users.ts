import { useMutation, useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import { LIMITS } from '../../protocol/limits';
import { newUser, page, user, userChange, type User } from '../../protocol/api';
import { usePages, type Page } from './pages';
import { useClient } from './query-client';
import { call } from './request';

export const useUsers = () => usePages<User>(['users', 'list'], user, '/users');

/** Pages that are read for a selection. */
const PAGES = 10;

export const useAllUsers = () => useQuery({ queryKey: ['users', 'all'], queryFn: allUsers });

/** Users who can be another user's administrator. */
export const useAdministrators = () =>
  useQuery({
    queryKey: ['users', 'all'],
    queryFn: allUsers,
    select: (users) => users.filter(({ active, role }) => active && role === 'admin'),
  });

async function allUsers(): Promise<User[]> {
  const users: User[] = [];
  let cursor: string | null = null;
  for (let read = 0; read < PAGES; read += 1) {
    const from: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const { rows, next }: Page<User> = await call(page(user), 'GET', `/users?limit=${LIMITS.PAGE_ROWS}${from}`);
    users.push(...rows);
    cursor = next;
    if (!cursor) break;
  }
  return users;
}

export function useCreateUser() {
  const client = useClient();
  return useMutation({
    mutationFn: (body: z.infer<typeof newUser>) => call(user, 'POST', '/users', body),
    onSuccess: () => client.invalidateQueries({ queryKey: ['users'] }),
  });
}

export function useChangeUser() {
  const client = useClient();
  return useMutation({
    mutationFn: ({ id, change }: { id: string; change: z.infer<typeof userChange> }) =>
      call(user, 'PATCH', `/users/${id}`, change),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['users'] });
      // it may be the account of the current user
      void client.invalidateQueries({ queryKey: ['me'] });
    },
  });
}
