import { useMutation, useQueryClient } from '@tanstack/react-query';
import { browserSession, session } from '../../protocol/api';
import { LIMITS } from '../../protocol/limits';
import { call, codeOf, nothing } from './request';

/** The answer comes when both ends have connected. */
const TIMEOUT_MS = LIMITS.CONNECT_MS + 30_000;

/** Asks for the origin under which the device's pages can be seen, and a ticket that lets one window in. */
export const useBrowserSession = () =>
  useMutation({
    mutationFn: (sessionId: string) =>
      call(browserSession, 'POST', `/sessions/${sessionId}/browser`, undefined, TIMEOUT_MS),
  });

/** Ends a session as its terminal (S261); where this browser's server is not its terminal, as its user. */
export function useEndView() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (sessionId: string) => {
      try {
        await call(nothing, 'DELETE', `/sessions/${sessionId}/browser`);
      } catch (error) {
        if (codeOf(error) !== 'unknown-session' && codeOf(error) !== 'not-found') throw error;
        await call(session, 'POST', `/sessions/${sessionId}/termination`);
      }
    },
    onSettled: (_done, _error, id) => void client.invalidateQueries({ queryKey: ['session', id] }),
  });
}
