import { useMutation } from '@tanstack/react-query';
import { browserSession, session } from '../../protocol/api';
import { LIMITS } from '../../protocol/limits';
import { useClient } from './query-client';
import { call, codeOf, nothing } from './request';

/** The server answers when both ends have connected. */
const TIMEOUT_MS = LIMITS.CONNECT_MS + 30_000;

/** Requests the origin that serves the device's pages, and an entry ticket for one window. */
export const useBrowserSession = () =>
  useMutation({
    mutationFn: (sessionId: string) =>
      call(browserSession, 'POST', `/sessions/${sessionId}/browser`, undefined, TIMEOUT_MS),
  });

/** Ends a session as its terminal (S261), or as its user if this browser is not the terminal. */
export function useEndView() {
  const client = useClient();
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
