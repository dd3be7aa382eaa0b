import { useMutation, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { agent, createdEnrolment, lastAgentCheck, openEnrolment, type agentChange } from '../../protocol/api';
import { siteNamed } from './customers';
import { useClient } from './query-client';
import { call, nothing } from './request';

export type Agent = z.infer<typeof agent>;
export type CreatedEnrolment = z.infer<typeof createdEnrolment>;

export type OpenEnrolment = z.infer<typeof openEnrolment>;

const CODES = ['enrolment-codes'];
export const useOpenEnrolments = () =>
  useQuery({ queryKey: CODES, queryFn: () => call(z.array(openEnrolment), 'GET', '/enrolment-codes') });

export function useRevokeEnrolment() {
  const client = useClient();
  return useMutation({
    mutationFn: (id: string) => call(nothing, 'DELETE', `/enrolment-codes/${id}`),
    onSettled: () => client.invalidateQueries({ queryKey: CODES }),
  });
}

export const useAgents = () =>
  useQuery({ queryKey: ['agents'], queryFn: () => call(z.array(agent), 'GET', '/agents') });

export function useCreateEnrolment() {
  const client = useClient();
  return useMutation({
    mutationFn: async ({
      agentId,
      customer,
      site,
      deviceIds,
    }: Record<'agentId' | 'customer' | 'site' | 'deviceIds', string>) => {
      // without them the agent keeps what it has
      const place = customer.trim() && site.trim() ? { siteId: await siteNamed(customer, site) } : {};
      const devices = deviceIds.trim() ? { deviceIds: idsOf(deviceIds) } : {};
      return call(createdEnrolment, 'POST', '/enrolment-codes', { agentId, ...place, ...devices });
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ['customers'] });
      void client.invalidateQueries({ queryKey: CODES });
    },
  });
}

/** Of a field in which they are separated by commas or spaces. */
export const idsOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

const POLL_MS = 1_000;
const checkKey = (id: string) => ['agents', id, 'check'];
const checkPath = (id: string): string => `/agents/${encodeURIComponent(id)}/check`;

/** The last check of an agent's connections, and its findings as they arrive. */
export const useAgentCheck = (id: string, isShown: boolean) =>
  useQuery({
    queryKey: checkKey(id),
    queryFn: () => call(lastAgentCheck, 'GET', checkPath(id)),
    enabled: isShown,
    refetchInterval: ({ state: { data } }) => data?.check?.endedAt === null && POLL_MS,
  });

export function useStartAgentCheck(id: string) {
  const client = useClient();
  return useMutation({
    mutationFn: () => call(lastAgentCheck, 'POST', checkPath(id)),
    onSettled: () => client.invalidateQueries({ queryKey: checkKey(id) }),
  });
}

export function useChangeAgent() {
  const client = useClient();
  return useMutation({
    mutationFn: ({ id, ...change }: { id: string } & z.infer<typeof agentChange>) =>
      call(nothing, 'PATCH', `/agents/${encodeURIComponent(id)}`, change),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['agents'] });
      void client.invalidateQueries({ queryKey: ['devices'] });
      void client.invalidateQueries({ queryKey: ['fleet'] });
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
      void client.invalidateQueries({ queryKey: ['fleet'] });
    },
  });
}
