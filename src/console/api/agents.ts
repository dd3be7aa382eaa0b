import { useMutation, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { agent, createdEnrolment } from '../../protocol/api';
import { siteNamed } from './customers';
import { useClient } from './query-client';
import { call, nothing } from './request';

export type Agent = z.infer<typeof agent>;
export type CreatedEnrolment = z.infer<typeof createdEnrolment>;

export const useAgents = () =>
  useQuery({ queryKey: ['agents'], queryFn: () => call(z.array(agent), 'GET', '/agents') });

export function useCreateEnrolment() {
  const client = useClient();
  return useMutation({
    mutationFn: async ({ agentId, customer, site }: { agentId: string; customer: string; site: string }) => {
      // without a site the agent stays where it is
      const place = customer.trim() && site.trim() ? { siteId: await siteNamed(customer, site) } : {};
      return call(createdEnrolment, 'POST', '/enrolment-codes', { agentId, ...place });
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['customers'] }),
  });
}

export function useMoveAgent() {
  const client = useClient();
  return useMutation({
    mutationFn: ({ id, siteId }: { id: string; siteId: string }) =>
      call(nothing, 'PATCH', `/agents/${encodeURIComponent(id)}`, { siteId }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['agents'] });
      void client.invalidateQueries({ queryKey: ['devices'] });
    },
  });
}

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
