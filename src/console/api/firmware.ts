import { useMutation, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { FIRMWARE_MEDIA_TYPE, isForModel } from '../../protocol/firmware-package';
import { LIMITS } from '../../protocol/limits';
import { firmware, type Firmware } from '../../protocol/maintenance';
import { useClient } from './query-client';
import { call, nothing } from './request';
import { useUpload } from './upload';

/** Time for the largest file at 1 Mbit/s. */
const UPLOAD_MS = Math.round((LIMITS.FIRMWARE_BYTES * 8) / 1_000);

export const useFirmware = () =>
  useQuery({ queryKey: ['firmware'], queryFn: () => call(z.array(firmware), 'GET', '/firmware') });

export const useUploadFirmware = () =>
  useUpload(firmware, 'firmware', (file: File) => ({
    path: '/firmware',
    file,
    mediaType: FIRMWARE_MEDIA_TYPE,
    timeoutMs: UPLOAD_MS,
  }));

export function useRemoveFirmware() {
  const client = useClient();
  return useMutation({
    mutationFn: (id: string) => call(nothing, 'DELETE', `/firmware/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['firmware'] }),
  });
}

/** A file without a model fits every device; one that is not signed is not installed. */
export const canInstall = (file: Firmware, model: string): boolean =>
  file.signedAt !== null && isForModel(file.model, [model]);
