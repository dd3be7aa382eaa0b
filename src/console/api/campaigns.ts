import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import {
  campaign,
  campaignDevice,
  campaignPlan,
  type Campaign,
  type CampaignDevice,
  type CampaignDeviceState,
  type CampaignQuery,
  type newCampaign,
} from '../../protocol/campaign';
import { queryOf, usePages } from './pages';
import { useClient } from './query-client';
import { call } from './request';

export type NewCampaign = z.input<typeof newCampaign>;
/** Thousands of devices are planned and stored in one request. */
const START_TIMEOUT_MS = 60_000;

export const isOpenCampaign = ({ state }: Pick<Campaign, 'state'>): boolean =>
  state !== 'completed' && state !== 'aborted';

export const useCampaigns = (state: CampaignQuery['state']) =>
  usePages<Campaign>(['campaigns', state], campaign, `/campaigns?state=${state}`);

export const useCampaign = (id: string) =>
  useQuery({
    queryKey: ['campaign', id],
    queryFn: () => call(campaign, 'GET', `/campaigns/${encodeURIComponent(id)}`),
  });

export const useCampaignDevices = (id: string, state?: CampaignDeviceState) =>
  usePages<CampaignDevice>(
    ['campaign-devices', id, state ?? null],
    campaignDevice,
    `/campaigns/${encodeURIComponent(id)}/devices?${queryOf({ state })}`,
  );

/** What a campaign would do; undefined: not complete enough to ask. */
export const useCampaignPlan = (wanted: NewCampaign | undefined) =>
  useQuery({
    queryKey: ['campaign-plan', wanted],
    queryFn: () => call(campaignPlan, 'POST', '/campaigns/plan', wanted, START_TIMEOUT_MS),
    enabled: wanted !== undefined,
    placeholderData: keepPreviousData,
    staleTime: 0,
    retry: false,
  });

export function useStartCampaign() {
  const client = useClient();
  return useMutation({
    mutationFn: (wanted: NewCampaign) => call(campaign, 'POST', '/campaigns', wanted, START_TIMEOUT_MS),
    onSuccess: () => client.invalidateQueries({ queryKey: ['campaigns'] }),
  });
}

export function useControlCampaign(what: 'pause' | 'resumption' | 'abortion') {
  const client = useClient();
  return useMutation({
    mutationFn: (id: string) => call(campaign, 'POST', `/campaigns/${id}/${what}`),
    onSettled: (_changed, _error, id) => {
      void client.invalidateQueries({ queryKey: ['campaigns'] });
      void client.invalidateQueries({ queryKey: ['campaign-devices', id] });
      return client.invalidateQueries({ queryKey: ['campaign', id] });
    },
  });
}

export const campaignExportPath = (id: string, format: 'csv' | 'json'): string =>
  `/api/campaigns/${id}/export?format=${format}`;
