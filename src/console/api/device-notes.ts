import { useMutation, useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import { deviceNotes, type newDeviceNotes } from '../../protocol/device-notes';
import { useClient } from './query-client';
import { call, codeOf } from './request';

export type EditedNotes = z.input<typeof newDeviceNotes>;

const pathOf = (deviceId: string): string => `/devices/${encodeURIComponent(deviceId)}/notes`;

export const useDeviceNotes = (deviceId: string) =>
  useQuery({
    queryKey: ['device-notes', deviceId],
    queryFn: () => call(deviceNotes, 'GET', pathOf(deviceId)),
    // no live event reports that someone else has changed them
    staleTime: 0,
  });

export function useReplaceNotes(deviceId: string) {
  const client = useClient();
  return useMutation({
    mutationFn: (notes: EditedNotes) => call(deviceNotes, 'PUT', pathOf(deviceId), notes),
    onSuccess: (stored) => {
      client.setQueryData(['device-notes', deviceId], stored);
      void client.invalidateQueries({ queryKey: ['fleet'] });
    },
    onError: (error) => {
      if (codeOf(error) === 'outdated') void client.invalidateQueries({ queryKey: ['device-notes', deviceId] });
    },
  });
}
