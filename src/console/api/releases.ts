import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { z } from 'zod';
import { release } from '../../protocol/deployment';
import { RELEASE_MEDIA_TYPE } from '../../protocol/release';
import { call, nothing } from './request';
import { upload } from './upload';

export const useReleases = () =>
  useQuery({ queryKey: ['releases'], queryFn: () => call(z.array(release), 'GET', '/releases') });

/** `part` of the file has been sent, 0 to 1. */
export function useUploadRelease() {
  const client = useQueryClient();
  const [part, setPart] = useState(0);
  const mutation = useMutation({
    mutationFn: (file: File) => upload(release, '/releases', file, RELEASE_MEDIA_TYPE, setPart),
    onMutate: () => setPart(0),
    onSuccess: () => client.invalidateQueries({ queryKey: ['releases'] }),
  });
  return { ...mutation, part };
}

export function useRemoveRelease() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (version: string) => call(nothing, 'DELETE', `/releases/${encodeURIComponent(version)}`),
    onSuccess: () => client.invalidateQueries({ queryKey: ['releases'] }),
  });
}
