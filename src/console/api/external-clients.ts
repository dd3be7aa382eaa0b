import { useMutation, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import {
  createdExternalClient,
  externalClient,
  type externalClientChange,
  type newExternalClient,
} from '../../protocol/external-clients';
import { useClient } from './query-client';
import { call } from './request';

const KEY = ['clients'];

/** External clients are few: one answer has them all. For administrators. Their use causes no live events. */
export const useExternalClients = (enabled = true) =>
  useQuery({ queryKey: KEY, queryFn: () => call(z.array(externalClient), 'GET', '/clients'), enabled, staleTime: 0 });

/** Reads the list again after an action on an external client, and the audit trail, which records it. */
function useClientAction<Input, Answer>(act: (input: Input) => Promise<Answer>) {
  const client = useClient();
  return useMutation({
    mutationFn: act,
    onSuccess: () => {
      for (const key of [KEY, ['audit']]) void client.invalidateQueries({ queryKey: key });
    },
    // an answer may contain a secret, which is shown once
    gcTime: 0,
  });
}

export const useCreateExternalClient = () =>
  useClientAction((body: z.input<typeof newExternalClient>) => call(createdExternalClient, 'POST', '/clients', body));
export const useChangeExternalClient = () =>
  useClientAction(({ id, change }: { id: string; change: z.input<typeof externalClientChange> }) =>
    call(externalClient, 'PATCH', `/clients/${id}`, change),
  );
export const useRotateSecret = () =>
  useClientAction(({ id, overlapMinutes }: { id: string; overlapMinutes: number }) =>
    call(createdExternalClient, 'POST', `/clients/${id}/secret`, { overlapMinutes }),
  );
export const useRevokeExternalClient = () =>
  useClientAction((id: string) => call(externalClient, 'POST', `/clients/${id}/revocation`));
