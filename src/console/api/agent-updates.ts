import { useMutation, useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import { agentRelease, agentUpdates, type newRollout, type RolloutState } from '../../protocol/agent-update';
import { LIMITS } from '../../protocol/limits';
import { RELEASE_MEDIA_TYPE } from '../../protocol/release';
import { useClient } from './query-client';
import { call, nothing } from './request';
import { useUpload } from './upload';

const KEY = ['agent-updates'];
/** Agents report in their own time, and no event says so. */
const POLL_MS = 5_000;

export const useAgentUpdates = () =>
  useQuery({
    queryKey: KEY,
    queryFn: () => call(agentUpdates, 'GET', '/agent-updates'),
    refetchInterval: ({ state: { data } }) => data?.rollout?.state === 'running' && POLL_MS,
  });

export const useUploadAgentRelease = () =>
  useUpload(agentRelease, 'agent-updates', (file: File) => ({
    path: '/agent-updates/releases',
    file,
    mediaType: RELEASE_MEDIA_TYPE,
    timeoutMs: LIMITS.RELEASE_UPLOAD_MS + 10_000,
  }));

function useUpdateAction<Input>(act: (input: Input) => Promise<unknown>) {
  const client = useClient();
  return useMutation({ mutationFn: act, onSettled: () => client.invalidateQueries({ queryKey: KEY }) });
}
export const useStartRollout = () =>
  useUpdateAction((body: z.input<typeof newRollout>) => call(nothing, 'POST', '/agent-updates/rollouts', body));
export const useChangeRollout = () =>
  useUpdateAction(({ id, state }: { id: string; state: RolloutState }) =>
    call(nothing, 'PATCH', `/agent-updates/rollouts/${id}`, { state }),
  );
export const useRemoveAgentRelease = () =>
  useUpdateAction((version: string) =>
    call(nothing, 'DELETE', `/agent-updates/releases/${encodeURIComponent(version)}`),
  );
