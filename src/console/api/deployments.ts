import { useMutation, useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import {
  deployment,
  type Deployment,
  type DeploymentState,
  type deploymentExecution,
  type newDeployment,
} from '../../protocol/deployment';
import { rowsOf, usePages, withRow, type Pages } from './pages';
import { useClient, type ConsoleQueryClient } from './query-client';
import { call } from './request';

/** Events report a deployment's states, not the bytes of its sessions. */
const POLL_MS = 3_000;
const LIST = ['deployments'];
const FINAL: readonly DeploymentState[] = ['deployed', 'rolled-back', 'aborted', 'failed'];

export const isOpen = ({ state }: Pick<Deployment, 'state'>): boolean => !FINAL.includes(state);

export const useDeployments = () => usePages<Deployment>(LIST, deployment, '/deployments');

export const useDeployment = (id: string) =>
  useQuery({
    queryKey: ['deployment', id],
    queryFn: () => call(deployment, 'GET', `/deployments/${id}`),
    refetchInterval: ({ state: { data } }) => data !== undefined && isOpen(data) && POLL_MS,
  });

/**
 * An action on a deployment. Its answer updates the cache.
 * @param onDone is also called if the live event arrived first and removed the component
 */
function useDeploymentAction<Input>(
  act: (input: Input) => Promise<Deployment>,
  onDone: (changed: Deployment) => void = () => undefined,
) {
  const client = useClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (changed) => {
      cacheDeployment(client, changed);
      onDone(changed);
    },
    // read the state that prevented the action
    onError: () => void client.invalidateQueries({ queryKey: ['deployment'] }),
  });
}

export const useCreateDeployment = () =>
  useDeploymentAction((body: z.input<typeof newDeployment>) => call(deployment, 'POST', '/deployments', body));
export const useExecute = (id: string) =>
  useDeploymentAction((body: z.input<typeof deploymentExecution>) =>
    call(deployment, 'POST', `/deployments/${id}/execution`, body),
  );
export const useAbort = (id: string) =>
  useDeploymentAction(() => call(deployment, 'POST', `/deployments/${id}/abortion`));
export const useRollBack = (id: string, onDone: (back: Deployment) => void) =>
  useDeploymentAction(() => call(deployment, 'POST', `/deployments/${id}/roll-back`), onDone);

/** Puts a new or changed deployment into the cache. */
export function cacheDeployment(client: ConsoleQueryClient, changed: Deployment): void {
  client.keep(['deployment', changed.id], () => changed);
  const isIt = ({ id }: Deployment): boolean => id === changed.id;
  const before = rowsOf(client.getQueryData<Pages<Deployment>>(LIST)).find(isIt);
  client.keep<Pages<Deployment>>(LIST, (pages) => pages && withRow(pages, isIt, () => changed));
  // What is being read may be older than the state, even where the list already shows it. An earlier deployment may no
  // longer be available for a roll back.
  const outdated = before?.state === changed.state ? ({ fetchStatus: 'fetching' } as const) : {};
  for (const queryKey of [LIST, ['relays'], ['releases']]) void client.invalidateQueries({ queryKey, ...outdated });
}
