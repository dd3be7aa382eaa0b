import { useMutation, useQuery } from '@tanstack/react-query';
import { acquiredInformation, identityState, type IdentityDecision } from '../../protocol/api';
import { LIMITS } from '../../protocol/limits';
import { useClient } from './query-client';
import { call } from './request';

/** Longer than the server waits for the agent. */
const TIMEOUT_MS = LIMITS.INFORMATION_ACQUIRE_MS + 10_000;

const pathOf = (deviceId: string): string => `/devices/${encodeURIComponent(deviceId)}/information`;

export const useInformation = (deviceId: string) =>
  useQuery({
    queryKey: ['information', deviceId],
    queryFn: () => call(acquiredInformation, 'GET', pathOf(deviceId)),
  });

/** Requests current device information through the agent. */
export function useAcquire(deviceId: string) {
  const client = useClient();
  return useMutation({
    mutationFn: () => call(acquiredInformation, 'POST', pathOf(deviceId), undefined, TIMEOUT_MS),
    onSuccess: (acquired) => client.setQueryData(['information', deviceId], acquired),
  });
}

const identityPath = (deviceId: string): string => `/devices/${encodeURIComponent(deviceId)}/identity`;
/** Read again with the information of the device. */
const identityKey = (deviceId: string) => ['information', deviceId, 'identity'];

/** Which device is expected, and whether another one was found at its address. */
export const useIdentity = (deviceId: string) =>
  useQuery({ queryKey: identityKey(deviceId), queryFn: () => call(identityState, 'GET', identityPath(deviceId)) });

export function useDecideIdentity(deviceId: string) {
  const client = useClient();
  return useMutation({
    mutationFn: (decision: IdentityDecision) =>
      call(identityState, 'POST', identityPath(deviceId), decision, 2 * TIMEOUT_MS),
    onSuccess: (state) => {
      client.setQueryData(identityKey(deviceId), state);
      return client.invalidateQueries({ queryKey: ['information', deviceId], exact: true });
    },
  });
}
