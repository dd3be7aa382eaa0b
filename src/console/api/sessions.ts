import { useMutation, useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import { newSession, session, sessionWithSteps, type Session } from '../../protocol/api';
import { queryOf, usePages, type RowsOf } from './pages';
import { useClient } from './query-client';
import { call } from './request';

export type SessionWithSteps = z.infer<typeof sessionWithSteps>;
export type SessionFilter = 'live' | 'ended' | 'all';

export const useSessions = (state: SessionFilter, { deviceId, userId }: RowsOf = {}) =>
  usePages<Session>(
    ['sessions', state, deviceId ?? null, userId ?? null],
    session,
    `/sessions?${queryOf({ state, deviceId, userId })}`,
  );

export const useSession = (id: string) =>
  useQuery({ queryKey: ['session', id], queryFn: () => call(sessionWithSteps, 'GET', `/sessions/${id}`) });

/** An action on a session, whose lists are read again. */
function useSessionAction<Input>(act: (input: Input) => Promise<Session>) {
  const client = useClient();
  return useMutation({
    mutationFn: act,
    onSuccess: ({ id }) => {
      void client.invalidateQueries({ queryKey: ['session', id] });
      void client.invalidateQueries({ queryKey: ['sessions'] });
    },
  });
}

export const useRequestSession = () =>
  useSessionAction((body: z.input<typeof newSession>) => call(session, 'POST', '/sessions', body));
export const useEndSession = () =>
  useSessionAction((id: string) => call(session, 'POST', `/sessions/${id}/termination`));
export const usePresumeEnd = () =>
  useSessionAction(({ id, reason }: { id: string; reason: string }) =>
    call(session, 'POST', `/sessions/${id}/override`, { reason }),
  );
