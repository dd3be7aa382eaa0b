import { useMutation, useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import { loginState, type codeRequest } from '../../protocol/account';
import { loginRequest, passwordChange, profileChange, user, type User } from '../../protocol/api';
import { useClient, type ConsoleQueryClient } from './query-client';
import { call, codeOf, nothing } from './request';

/** Removes cached data of another user. */
function become(client: ConsoleQueryClient, me: User | null): void {
  client.setQueryData(['me'], me);
  client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'me' });
}

/** A new password replaces the login of this browser, too; a request for it in between finds none. */
let loginReplaced: Promise<unknown> = Promise.resolve();

/** The user who is logged in, or null. */
export const useMe = () =>
  useQuery({
    queryKey: ['me'],
    queryFn: async () => {
      await loginReplaced.catch(() => undefined);
      return call(user, 'GET', '/auth/me').catch((error: unknown) => {
        if (codeOf(error) === 'not-logged-in') return null;
        throw error;
      });
    },
    staleTime: 0,
  });

/** How far the login of this browser is. It changes with this page only, which would lose recovery codes if it were read again. */
export const useLoginState = () =>
  useQuery({
    queryKey: ['login'],
    queryFn: () => call(loginState, 'GET', '/auth/login'),
    staleTime: 0,
    refetchOnReconnect: false,
  });

/** The login continues with another step. */
const CONTINUES: readonly (string | undefined)[] = ['second-factor-required', 'second-factor-missing'];

export function useLogIn() {
  const client = useClient();
  return useMutation({
    mutationFn: (body: z.infer<typeof loginRequest>) =>
      call(user, 'POST', '/auth/login', body).catch((error: unknown) => {
        if (CONTINUES.includes(codeOf(error))) return null;
        throw error;
      }),
    onSuccess: (me) => (me ? become(client, me) : client.invalidateQueries({ queryKey: ['login'] })),
  });
}

/** The second factor of a pending login. */
export function useEnterCode() {
  const client = useClient();
  return useMutation({
    mutationFn: (body: z.infer<typeof codeRequest>) => call(user, 'POST', '/auth/login/code', body),
    onSuccess: (me) => {
      become(client, me);
    },
    onError: (error) => {
      if (codeOf(error) === 'not-logged-in') void client.invalidateQueries({ queryKey: ['login'] });
    },
  });
}

export function useGiveUpLogin() {
  const client = useClient();
  return useMutation({
    mutationFn: () => call(nothing, 'DELETE', '/auth/login'),
    onSettled: () => client.invalidateQueries({ queryKey: ['login'] }),
  });
}

/** For a login that was completed by other means. */
export function useBecome(): (me: User) => void {
  const client = useClient();
  return (me) => {
    become(client, me);
  };
}

/** After a factor was set up in a pending login, which completed it. */
export function useLoginCompleted(): () => void {
  const client = useClient();
  return () => {
    void client.invalidateQueries({ queryKey: ['me'] });
  };
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

export function useChangePassword() {
  const client = useClient();
  return useMutation({
    mutationFn: (body: z.infer<typeof passwordChange>) => {
      const changed = call(nothing, 'POST', '/auth/password', body);
      loginReplaced = changed;
      return changed;
    },
    // what was asked for meanwhile may have been refused
    onSuccess: () => void client.invalidateQueries(),
  });
}
