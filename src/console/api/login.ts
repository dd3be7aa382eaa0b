import { useMutation, useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import { loginRequest, passwordChange, profileChange, user, type User } from '../../protocol/api';
import { useClient, type ConsoleQueryClient } from './query-client';
import { call, codeOf, nothing } from './request';

/** Removes cached data of another user. */
function become(client: ConsoleQueryClient, me: User | null): void {
  client.setQueryData(['me'], me);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'me' });
}

/** The user who is logged in, or null. */
export const useMe = () =>
  useQuery({
    queryKey: ['me'],
    queryFn: () =>
      call(user, 'GET', '/auth/me').catch((error: unknown) => {
        if (codeOf(error) === 'not-logged-in') return null;
        throw error;
      }),
    staleTime: 0,
  });

export function useLogIn() {
  const client = useClient();
  return useMutation({
    mutationFn: (body: z.infer<typeof loginRequest>) => call(user, 'POST', '/auth/login', body),
    onSuccess: (me) => {
      become(client, me);
    },
  });
}

export function useLogOut() {
  const client = useClient();
  return useMutation({
    mutationFn: () => call(nothing, 'POST', '/auth/logout'),
    onSettled: () => {
      become(client, null);
    },
  });
}

export function useChangeProfile() {
  const client = useClient();
  return useMutation({
    mutationFn: (body: z.infer<typeof profileChange>) => call(user, 'PATCH', '/auth/me', body),
    onSuccess: (me: User) => client.setQueryData(['me'], me),
  });
}

export const useChangePassword = () =>
  useMutation({
    mutationFn: (body: z.infer<typeof passwordChange>) => call(nothing, 'POST', '/auth/password', body),
  });
