import { useMutation, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { factors, login, newTotp, recoveryCodes, type newFactor } from '../../protocol/account';
import { auditEvent, type AuditEvent } from '../../protocol/api';
import { usePages } from './pages';
import { useClient } from './query-client';
import { call, nothing } from './request';

/** Whose logins: a user's ID, or undefined for the user who is logged in here. */
type Whose = string | undefined;
const pathOf = (userId: Whose): string => (userId === undefined ? '/auth/logins' : `/users/${userId}/logins`);

export const useLogins = (userId: Whose) =>
  useQuery({
    queryKey: ['logins', userId ?? 'own'],
    queryFn: () => call(z.array(login), 'GET', pathOf(userId)),
    // there is no live event for another browser
    staleTime: 0,
  });

/** @param variables ID of the login; undefined: all, or all others of the user who is logged in here */
export function useEndLogins(userId: Whose) {
  const client = useClient();
  return useMutation({
    mutationFn: (id: string | undefined) =>
      call(nothing, 'DELETE', id === undefined ? pathOf(userId) : `${pathOf(userId)}/${id}`),
    onSettled: () => client.invalidateQueries({ queryKey: ['logins'] }),
  });
}

/** Logins of the user of this page, and changes of the account. */
export const useAccountEvents = () => usePages<AuditEvent>(['account-events'], auditEvent, '/auth/events', 0);

// ---- second factors

export const useFactors = (userId: Whose) =>
  useQuery({
    queryKey: ['factors', userId ?? 'own'],
    queryFn: () => call(factors, 'GET', userId === undefined ? '/auth/factors' : `/users/${userId}/factors`),
    staleTime: 0,
  });

/** The first step of setting up an authenticator app. */
export const useBeginTotp = () =>
  useMutation({
    mutationFn: (body: z.infer<typeof newFactor>) => call(newTotp, 'POST', '/auth/factors/totp', body),
  });

/** The last step; the answer may contain recovery codes. */
export function useConfirmTotp() {
  const client = useClient();
  return useMutation({
    mutationFn: ({ id, code }: { id: string; code: string }) =>
      call(recoveryCodes, 'POST', `/auth/factors/totp/${id}/confirmation`, { code }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['factors'] }),
  });
}

export function useReplaceRecoveryCodes() {
  const client = useClient();
  return useMutation({
    mutationFn: () => call(recoveryCodes, 'POST', '/auth/factors/recovery-codes'),
    onSuccess: () => client.invalidateQueries({ queryKey: ['factors'] }),
  });
}

/** Removes one of the user of this page. */
export function useRemoveFactor() {
  const client = useClient();
  return useMutation({
    mutationFn: (id: string) => call(nothing, 'DELETE', `/auth/factors/${id}`),
    onSettled: () => client.invalidateQueries({ queryKey: ['factors'] }),
  });
}

/** Removes all of another user. */
export function useRemoveFactorsOf(userId: string) {
  const client = useClient();
  return useMutation({
    mutationFn: () => call(nothing, 'DELETE', `/users/${userId}/factors`),
    onSettled: () => client.invalidateQueries({ queryKey: ['factors'] }),
  });
}
