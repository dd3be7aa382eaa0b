import { useMutation, useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import { job, OPEN_JOB_STATES, type Job, type newJob } from '../../protocol/maintenance';
import { cacheInLists, queryOf, usePages, type RowsOf } from './pages';
import { useClient, type ConsoleQueryClient } from './query-client';
import { call } from './request';
import { SETTINGS_OPERATIONS, settingsKey } from './settings';

export type JobFilter = 'open' | 'over' | 'all';
export type NewJob = z.input<typeof newJob>;

export const isOpenJob = ({ state }: Pick<Job, 'state'>): boolean => OPEN_JOB_STATES.includes(state);
/** Whether the job can be cancelled: it is open and has not started on the device. */
export const canCancel = (job: Pick<Job, 'state' | 'beganAt'>): boolean => isOpenJob(job) && job.beganAt === null;

export const useJobs = (state: JobFilter, { deviceId, userId }: RowsOf = {}) =>
  usePages<Job>(
    ['jobs', state, deviceId ?? null, userId ?? null],
    job,
    `/jobs?${queryOf({ state: state === 'all' ? undefined : state, deviceId, userId })}`,
  );

export const useJob = (id: string) =>
  useQuery({ queryKey: ['job', id], queryFn: () => call(job, 'GET', `/jobs/${encodeURIComponent(id)}`) });

/** S121. */
export function useRequestJob(deviceId: string) {
  const client = useClient();
  return useMutation({
    mutationFn: (wish: NewJob) => call(job, 'POST', `/devices/${encodeURIComponent(deviceId)}/jobs`, wish),
    onSuccess: (instructed) => cacheJob(client, instructed),
  });
}

export function useCancelJob() {
  const client = useClient();
  return useMutation({
    mutationFn: (id: string) => call(job, 'POST', `/jobs/${id}/cancellation`),
    onSuccess: (cancelled) => cacheJob(client, cancelled),
    // the job may have started meanwhile
    onError: (_error, id) => {
      void client.invalidateQueries({ queryKey: ['job', id] });
      void client.invalidateQueries({ queryKey: ['jobs'] });
    },
  });
}

/** Puts a new or changed job into the cache. An answer may arrive after the event of a later change. */
export function cacheJob(client: ConsoleQueryClient, changed: Job): void {
  const known = client.getQueryData<Job>(['job', changed.id]);
  if (known && isOlder(changed, known)) return;
  client.keep(['job', changed.id], () => changed);
  cacheInLists(client, 'jobs', changed, !isOpenJob(changed));
  if (!isOpenJob(changed) && SETTINGS_OPERATIONS.includes(changed.operation))
    for (const queryKey of [settingsKey(changed.deviceId), ['device-drift', changed.deviceId]])
      void client.invalidateQueries({ queryKey });
}

/** A job never loses a time that it has reached. */
const isOlder = (one: Job, other: Job): boolean =>
  (['sentAt', 'beganAt', 'endedAt'] as const).some((time) => one[time] === null && other[time] !== null);
