import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { acquiredInformation } from '../../protocol/api';
import { LIMITS } from '../../protocol/limits';
import { call } from './request';

/** The server gives up on the agent before. */
const TIMEOUT_MS = LIMITS.INFORMATION_ACQUIRE_MS + 10_000;

const pathOf = (deviceId: string): string => `/devices/${encodeURIComponent(deviceId)}/information`;

export const useInformation = (deviceId: string) =>
  useQuery({
    queryKey: ['information', deviceId],
    queryFn: () => call(acquiredInformation, 'GET', pathOf(deviceId)),
  });

/** Has the device asked anew, and puts what it says in the place of what was known. */
export function useAcquire(deviceId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call(acquiredInformation, 'POST', pathOf(deviceId), undefined, TIMEOUT_MS),
    onSuccess: (acquired) => client.setQueryData(['information', deviceId], acquired),
  });
}
