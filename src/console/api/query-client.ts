import { QueryClient } from '@tanstack/react-query';
import { ApiProblem, codeOf, UnexpectedAnswer } from './request';

const TRIES = 3;

/** What the server has answered stays as it is until a live event or an action changes it. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (failures, error) =>
        !(error instanceof ApiProblem || error instanceof UnexpectedAnswer) && failures < TRIES,
      refetchOnWindowFocus: false,
    },
    mutations: { retry: false },
  },
});

/** A login that has ended shows the login screen again, wherever it was noticed. */
queryClient.getQueryCache().subscribe(({ query, type }) => {
  if (type !== 'updated' || (query.queryKey as readonly unknown[])[0] === 'me') return;
  if (codeOf(query.state.error) === 'not-logged-in') void queryClient.invalidateQueries({ queryKey: ['me'] });
});
queryClient.getMutationCache().subscribe(({ mutation }) => {
  if (codeOf(mutation?.state.error) === 'not-logged-in') void queryClient.invalidateQueries({ queryKey: ['me'] });
});
