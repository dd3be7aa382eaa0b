import { useMutation, useQuery } from '@tanstack/react-query';
import { backups } from '../../protocol/backup';
import { useClient } from './query-client';
import { call } from './request';

const KEY = ['backups'];
/** While one is being written, and while none is. */
const POLL_MS = { running: 1_000, waiting: 30_000 };

export const useBackups = () =>
  useQuery({
    queryKey: KEY,
    queryFn: () => call(backups, 'GET', '/backups'),
    refetchInterval: ({ state }) => (state.data?.running ? POLL_MS.running : POLL_MS.waiting),
  });

export function useStartBackup() {
  const client = useClient();
  return useMutation({
    mutationFn: () => call(backups, 'POST', '/backups'),
    onSuccess: (state) => client.setQueryData(KEY, state),
  });
}
