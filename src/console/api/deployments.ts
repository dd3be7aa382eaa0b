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
 * An action on a deployment, whose answer is kept.
 * @param onDone is also called when the live event came first and removed the component that acted
 */
function useDeploymentAction<Input>(
  act: (input: Input) => Promise<Deployment>,
  onDone: (changed: Deployment) => void = () => undefined,
) {
  const client = useClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (changed) => {
      keepDeployment(client, changed);
      onDone(changed);
    },
    // shows the state that prevented it
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

/** Keeps a new or changed deployment. */
export function keepDeployment(client: ConsoleQueryClient, changed: Deployment): void {
  client.keep(['deployment', changed.id], () => changed);
  const isIt = ({ id }: Deployment): boolean => id === changed.id;
  const before = rowsOf(client.getQueryData<Pages<Deployment>>(LIST)).find(isIt);
  client.keep<Pages<Deployment>>(LIST, (pages) => pages && withRow(pages, isIt, () => changed));
  if (before?.state === changed.state) return;
  // an older one may no longer be one to roll back to
  void client.invalidateQueries({ queryKey: LIST });
  void client.invalidateQueries({ queryKey: ['relays'] });
  void client.invalidateQueries({ queryKey: ['releases'] });
}
