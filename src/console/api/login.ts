import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import { loginRequest, passwordChange, profileChange, user, type User } from '../../protocol/api';
import { call, codeOf, nothing } from './request';

/** What was read for somebody else is forgotten. */
function become(client: QueryClient, me: User | null): void {
  client.setQueryData(['me'], me);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'me' });
}

/** Who is logged in; null: nobody. */
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
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: z.infer<typeof loginRequest>) => call(user, 'POST', '/auth/login', body),
    onSuccess: (me) => {
      become(client, me);
    },
  });
}

export function useLogOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call(nothing, 'POST', '/auth/logout'),
    onSettled: () => {
      become(client, null);
    },
  });
}

export function useChangeProfile() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: z.infer<typeof profileChange>) => call(user, 'PATCH', '/auth/me', body),
    onSuccess: (me: User) => client.setQueryData(['me'], me),
  });
}

export const useChangePassword = () =>
  useMutation({
    mutationFn: (body: z.infer<typeof passwordChange>) => call(nothing, 'POST', '/auth/password', body),
  });
