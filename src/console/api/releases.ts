import { useMutation, useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { release } from '../../protocol/deployment';
import { LIMITS } from '../../protocol/limits';
import { RELEASE_MEDIA_TYPE } from '../../protocol/release';
import { useClient } from './query-client';
import { call, nothing } from './request';
import { useUpload } from './upload';

/** Longer than the server allows an upload. */
const UPLOAD_MS = LIMITS.RELEASE_UPLOAD_MS + 10_000;

export const useReleases = () =>
  useQuery({ queryKey: ['releases'], queryFn: () => call(z.array(release), 'GET', '/releases') });

export const useUploadRelease = () =>
  useUpload(release, 'releases', (file: File) => ({
    path: '/releases',
    file,
    mediaType: RELEASE_MEDIA_TYPE,
    timeoutMs: UPLOAD_MS,
  }));

export function useRemoveRelease() {
  const client = useClient();
  return useMutation({
    mutationFn: (version: string) => call(nothing, 'DELETE', `/releases/${encodeURIComponent(version)}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['releases'] }),
  });
}
