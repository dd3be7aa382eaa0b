import { useMutation, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { login } from '../../protocol/account';
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
