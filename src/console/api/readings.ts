import { useMutation, useQuery } from '@tanstack/react-query';
import { reading, readings, readingSchedule, readingSchedules, type ManualReading } from '../../protocol/readings';
import { queryOf } from './pages';
import { useClient } from './query-client';
import { call, nothing } from './request';

/** Readings of a device over a period. @param from, to as in RFC 3339 */
export const useReadings = (deviceId: string, from: string, to: string, points: number) =>
  useQuery({
    queryKey: ['readings', deviceId, from, to],
    queryFn: () => {
      const query = queryOf({ from, to, points: String(points) });
      return call(readings, 'GET', `/devices/${encodeURIComponent(deviceId)}/readings?${query}`);
    },
  });

/** Enters the offset of a counter that jumped. */
export function useEnterOffset() {
  const client = useClient();
  return useMutation({
    mutationFn: ({ jumpId, ...entered }: { jumpId: string; offset: number; reason: string }) =>
      call(nothing, 'PUT', `/meter-jumps/${jumpId}/offset`, entered),
    onSuccess: () => forget(client),
  });
}

/** Enters counters by hand. */
export function useEnterReading() {
  const client = useClient();
  return useMutation({
    mutationFn: ({ meteredDeviceId, ...entered }: ManualReading & { meteredDeviceId: number }) =>
      call(reading, 'POST', `/metered-devices/${meteredDeviceId}/readings`, entered),
    onSuccess: () => forget(client),
  });
}

function forget(client: ReturnType<typeof useClient>): void {
  for (const key of ['readings', 'meter-report']) void client.invalidateQueries({ queryKey: [key] });
}

export const useReadingSchedules = () =>
  useQuery({ queryKey: ['reading-schedules'], queryFn: () => call(readingSchedules, 'GET', '/reading-schedules') });

/** Changes how often the devices of a customer are read; null: as usual on this server. */
export function useChangeSchedule() {
  const client = useClient();
  return useMutation({
    mutationFn: ({ customerId, hours }: { customerId: string; hours: number | null }) =>
      call(readingSchedule, 'PUT', `/customers/${customerId}/reading-schedule`, { hours }),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['reading-schedules'] }),
  });
}
