import { useMutation, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { apiToken, createdApiToken, newApiToken } from '../../protocol/api';
import { useClient } from './query-client';
import { call, nothing } from './request';

export type ApiToken = z.infer<typeof apiToken>;
export type CreatedApiToken = z.infer<typeof createdApiToken>;

export const useTokens = () =>
  useQuery({ queryKey: ['tokens'], queryFn: () => call(z.array(apiToken), 'GET', '/tokens') });

export function useCreateToken() {
  const client = useClient();
  return useMutation({
    mutationFn: (body: z.infer<typeof newApiToken>) => call(createdApiToken, 'POST', '/tokens', body),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tokens'] }),
  });
}

export function useRevokeToken() {
  const client = useClient();
  return useMutation({
    mutationFn: (id: string) => call(nothing, 'DELETE', `/tokens/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tokens'] }),
  });
}
