import { useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import type { z } from 'zod';
import {
  deployment,
  type Deployment,
  type DeploymentState,
  type deploymentExecution,
  type newDeployment,
} from '../../protocol/deployment';
import { rowsOf, usePages, withRow, type Pages } from './pages';
import { call } from './request';

/** While sessions of it move bytes: events tell of its states, not of every byte. */
const LOOK_EVERY_MS = 3_000;
const LIST = ['deployments'];
const FINAL: readonly DeploymentState[] = ['deployed', 'rolled-back', 'aborted', 'failed'];

export const isOpen = ({ state }: Pick<Deployment, 'state'>): boolean => !FINAL.includes(state);

export const useDeployments = () => usePages<Deployment>(LIST, deployment, '/deployments');

export const useDeployment = (id: string) =>
  useQuery({
    queryKey: ['deployment', id],
    queryFn: () => call(deployment, 'GET', `/deployments/${id}`),
    refetchInterval: ({ state: { data } }) => data !== undefined && isOpen(data) && LOOK_EVERY_MS,
  });

/**
 * What an action on a deployment has answered.
 * @param onDone is called also where the news of it came first and took away whoever acted
 */
function useDeploymentAction<Input>(
  act: (input: Input) => Promise<Deployment>,
  onDone: (changed: Deployment) => void = () => undefined,
) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (changed) => {
      keepDeployment(client, changed);
      onDone(changed);
    },
    // whatever stood in the way is shown as it is now
    onError: () => void client.invalidateQueries({ queryKey: ['deployment'] }),
  });
}

export const useInstruct = () =>
  useDeploymentAction((body: z.input<typeof newDeployment>) => call(deployment, 'POST', '/deployments', body));
export const useExecute = (id: string) =>
  useDeploymentAction((body: z.input<typeof deploymentExecution>) =>
    call(deployment, 'POST', `/deployments/${id}/execution`, body),
  );
export const useAbort = (id: string) =>
  useDeploymentAction(() => call(deployment, 'POST', `/deployments/${id}/abortion`));
export const useRollBack = (id: string, onDone: (back: Deployment) => void) =>
  useDeploymentAction(() => call(deployment, 'POST', `/deployments/${id}/roll-back`), onDone);

/** Puts a deployment, new or changed, into what has been read. */
export function keepDeployment(client: QueryClient, changed: Deployment): void {
  client.setQueryData(['deployment', changed.id], changed);
  const isIt = ({ id }: Deployment): boolean => id === changed.id;
  const before = rowsOf(client.getQueryData<Pages<Deployment>>(LIST)).find(isIt);
  if (before) client.setQueryData<Pages<Deployment>>(LIST, (pages) => pages && withRow(pages, isIt, () => changed));
  if (before?.state === changed.state) return;
  // an older one may not be one to roll back any more
  void client.invalidateQueries({ queryKey: LIST });
  void client.invalidateQueries({ queryKey: ['relays'] });
  void client.invalidateQueries({ queryKey: ['releases'] });
}
