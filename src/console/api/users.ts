import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { newUser, user, userChange, type User } from '../../protocol/api';
import { usePages } from './pages';
import { call } from './request';

export const useUsers = () => usePages<User>(['users'], user, '/users');

export function useCreateUser() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: z.infer<typeof newUser>) => call(user, 'POST', '/users', body),
    onSuccess: () => client.invalidateQueries({ queryKey: ['users'] }),
  });
}

export function useChangeUser() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, change }: { id: string; change: z.infer<typeof userChange> }) =>
      call(user, 'PATCH', `/users/${id}`, change),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['users'] });
      // it may have been the user's own account
      void client.invalidateQueries({ queryKey: ['me'] });
    },
  });
}
