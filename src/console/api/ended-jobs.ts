import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { User } from '../../protocol/api';
import type { Job } from '../../protocol/maintenance';
import { isOpenJob } from './jobs';
import { useClient, type ConsoleQueryClient } from './query-client';

const ENDED = ['ended-jobs'];
/** Older jobs are in the list of jobs. */
const MOST = 10;

/** Remembers that a job of the user has ended (S125). */
export function cacheEndedJob(client: ConsoleQueryClient, job: Job): void {
  const me = client.getQueryData<User | null>(['me']);
  if (isOpenJob(job) || job.user.id !== me?.id) return;
  client.setQueryData<Job[]>(ENDED, (ended = []) => [job, ...ended.filter(({ id }) => id !== job.id)].slice(0, MOST));
}

/** Jobs of the user that have ended while this page was open and that the user has not opened, newest first. */
export function useEndedJobs(): { ended: Job[]; forget: (isSeen: (job: Job) => boolean) => void } {
  const client = useClient();
  const { data } = useQuery<Job[]>({
    queryKey: ENDED,
    queryFn: () => client.getQueryData<Job[]>(ENDED) ?? [],
    initialData: [],
    staleTime: Infinity,
  });
  const forget = useCallback(
    (isSeen: (job: Job) => boolean) =>
      client.setQueryData<Job[]>(ENDED, (known) => known?.filter((job) => !isSeen(job))),
    [client],
  );
  return { ended: data, forget };
}
