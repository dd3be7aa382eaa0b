import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { User } from '../../protocol/api';
import type { LiveEvent } from '../../protocol/live';
import type { Job } from '../../protocol/maintenance';
import { isOpenJob } from './jobs';
import { useClient, type ConsoleQueryClient } from './query-client';

type CampaignEvent = Extract<LiveEvent, { type: 'campaign' }>;

/** Work of the user that has ended while this page was open, or a campaign that has stopped. */
export type EndedWork = { readonly id: string; readonly isSeen: boolean } & (
  | { readonly kind: 'job'; readonly job: Job }
  | { readonly kind: 'campaign'; readonly campaign: CampaignEvent; readonly at: number }
);

const ENDED = ['ended-work'];
/** Older jobs are in the list of jobs. */
const MOST = 10;

/** Remembers that a job of the user has ended (S125). Those of a campaign end by hundreds: it is remembered itself. */
export function cacheEndedJob(client: ConsoleQueryClient, job: Job): void {
  if (isOpenJob(job) || job.campaignId !== null || !isOwn(client, job.user.id)) return;
  add(client, { kind: 'job', id: job.id, job, isSeen: false }, (known) => known.kind === 'job');
}

/** Remembers that a campaign of the user is over or paused, once for each time; one that continues is forgotten. */
export function cacheStoppedCampaign(client: ConsoleQueryClient, campaign: CampaignEvent): void {
  if (!isOwn(client, campaign.userId)) return;
  const { id } = campaign;
  if (isStopped(campaign))
    add(
      client,
      { kind: 'campaign', id, campaign, at: Date.now(), isSeen: false },
      (known) => known.kind === 'campaign' && known.campaign.state === campaign.state,
    );
  else client.setQueryData<EndedWork[]>(ENDED, (ended) => ended?.filter((known) => known.id !== id));
}

const isOwn = (client: ConsoleQueryClient, userId: string): boolean =>
  client.getQueryData<User | null>(['me'])?.id === userId;

/** A pause that a user has made needs no notification. */
const isStopped = ({ state, reason }: CampaignEvent): boolean =>
  state === 'completed' || state === 'aborted' || (state === 'paused' && reason !== 'user');

/** @param isSame whether this was remembered already, seen or not */
function add(client: ConsoleQueryClient, work: EndedWork, isSame: (known: EndedWork) => boolean): void {
  client.setQueryData<EndedWork[]>(ENDED, (ended = []) =>
    ended.some((known) => known.id === work.id && isSame(known))
      ? ended
      : [work, ...ended.filter(({ id }) => id !== work.id)].slice(0, MOST),
  );
}

/** What the user has not looked at or dismissed yet, newest first. */
export function useEndedWork(): { ended: EndedWork[]; forget: (isSeen: (work: EndedWork) => boolean) => void } {
  const client = useClient();
  const { data } = useQuery<EndedWork[]>({
    queryKey: ENDED,
    queryFn: () => client.getQueryData<EndedWork[]>(ENDED) ?? [],
    initialData: [],
    staleTime: Infinity,
  });
  const forget = useCallback(
    (isSeen: (work: EndedWork) => boolean) =>
      client.setQueryData<EndedWork[]>(ENDED, (known) =>
        known?.map((work) => (isSeen(work) ? { ...work, isSeen: true } : work)),
      ),
    [client],
  );
  return { ended: data.filter(({ isSeen }) => !isSeen), forget };
}
