import { useMutation, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { LIMITS } from '../../protocol/limits';
import { firmware, type Firmware, type firmwareUpload } from '../../protocol/maintenance';
import { useClient } from './query-client';
import { call, nothing } from './request';
import { useUpload } from './upload';

/** Time for the largest file at 1 Mbit/s. */
const UPLOAD_MS = Math.round((LIMITS.FIRMWARE_BYTES * 8) / 1_000);

export interface FirmwareFile {
  readonly file: File;
  readonly about: z.input<typeof firmwareUpload>;
}

export const useFirmware = () =>
  useQuery({ queryKey: ['firmware'], queryFn: () => call(z.array(firmware), 'GET', '/firmware') });

export const useUploadFirmware = () =>
  useUpload(firmware, 'firmware', ({ file, about }: FirmwareFile) => ({
    path: `/firmware?${new URLSearchParams(about).toString()}`,
    file,
    mediaType: 'application/octet-stream',
    timeoutMs: UPLOAD_MS,
  }));

export function useRemoveFirmware() {
  const client = useClient();
  return useMutation({
    mutationFn: (id: string) => call(nothing, 'DELETE', `/firmware/${id}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['firmware'] }),
  });
}

/** A file without a model fits every device. */
export const fitsModel = (file: Firmware, model: string): boolean => file.model === '' || file.model === model;

/** The version in a file name such as `3050ci_2.15.000.bin`; empty if there is none. */
export const versionInName = (name: string): string =>
  /(?<![\d.])\d+(?:\.\d+)+(?:[-+][A-Za-z0-9]+)?(?=\.[A-Za-z]|[^\d.]|$)/.exec(name)?.[0] ?? '';
