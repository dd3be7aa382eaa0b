import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { User } from '../../protocol/api';
import type { Job } from '../../protocol/maintenance';
import { isOpenJob } from './jobs';

const ENDED = ['ended-jobs'];
/** The latest ones; all are in the list of jobs. */
const MOST = 10;

/** Remembers that a job has ended, for whoever asked for it (S125). */
export function tellOfEnd(client: QueryClient, job: Job): void {
  const me = client.getQueryData<User | null>(['me']);
  if (isOpenJob(job) || job.user.id !== me?.id) return;
  client.setQueryData<Job[]>(ENDED, (told = []) => [job, ...told.filter(({ id }) => id !== job.id)].slice(0, MOST));
}

/** Own jobs that have ended while this page was open and were not looked at since, newest first. */
export function useEndedJobs(): { ended: Job[]; forget: (isSeen: (job: Job) => boolean) => void } {
  const client = useQueryClient();
  const { data } = useQuery<Job[]>({
    queryKey: ENDED,
    queryFn: () => client.getQueryData<Job[]>(ENDED) ?? [],
    initialData: [],
    staleTime: Infinity,
  });
  const forget = useCallback(
    (isSeen: (job: Job) => boolean) => client.setQueryData<Job[]>(ENDED, (told) => told?.filter((job) => !isSeen(job))),
    [client],
  );
  return { ended: data, forget };
}
