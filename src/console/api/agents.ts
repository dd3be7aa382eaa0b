import { useMutation, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { agent, createdEnrolment } from '../../protocol/api';
import { useClient } from './query-client';
import { call, nothing } from './request';

export type Agent = z.infer<typeof agent>;
export type CreatedEnrolment = z.infer<typeof createdEnrolment>;

export const useAgents = () =>
  useQuery({ queryKey: ['agents'], queryFn: () => call(z.array(agent), 'GET', '/agents') });

export const useCreateEnrolment = () =>
  useMutation({
    mutationFn: (agentId: string) => call(createdEnrolment, 'POST', '/enrolment-codes', { agentId }),
  });

export const useReleaseInstallation = () =>
  useMutation({
    mutationFn: (id: string) => call(nothing, 'DELETE', `/agents/${encodeURIComponent(id)}/installation`),
  });

export function useRemoveAgent() {
  const client = useClient();
  return useMutation({
    mutationFn: (id: string) => call(nothing, 'DELETE', `/agents/${encodeURIComponent(id)}`),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['agents'] });
      void client.invalidateQueries({ queryKey: ['devices'] });
    },
  });
}
