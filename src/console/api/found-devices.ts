import { useMutation } from '@tanstack/react-query';
import { foundDeviceInView, type FoundDeviceInView } from '../../protocol/api';
import type { NewDevice } from '../../protocol/found-device';
import { usePages } from './pages';
import { useClient } from './query-client';
import { call, nothing } from './request';

/** The agent reads the device first. */
const TAKE_IN_TIMEOUT_MS = 120_000;

export const useFoundDevices = (state: 'open' | 'dismissed') =>
  usePages<FoundDeviceInView>(['found-devices', state], foundDeviceInView, `/found-devices?state=${state}`);

export function useTakeIn() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ id, device }: { id: string; device: NewDevice }) =>
      call(nothing, 'POST', `/found-devices/${id}/device`, device, TAKE_IN_TIMEOUT_MS),
    onSettled: refresh,
  });
}

export function useDismissal(id: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (isDismissed: boolean) =>
      call(nothing, isDismissed ? 'PUT' : 'DELETE', `/found-devices/${id}/dismissal`),
    onSettled: refresh,
  });
}

function useRefresh(): () => void {
  const client = useClient();
  return () => {
    for (const key of ['found-devices', 'devices', 'fleet', 'agents'])
      void client.invalidateQueries({ queryKey: [key] });
  };
}
