import { useEffect, useRef, useState } from 'react';
import type { Session } from '../../../protocol/api';
import { LIMITS } from '../../../protocol/limits';
import { retryAfterMs } from '../../../protocol/waits';
import { ApiProblem } from '../../api/request';
import { useRequestSession } from '../../api/sessions';

/** The wait before a retry while a deployment refuses new sessions; undefined: the error has another cause. */
function waitAfter(error: unknown): number | undefined {
  if (!(error instanceof ApiProblem) || error.problem.code !== 'deployment-in-progress') return undefined;
  return retryAfterMs(error.problem.retryAfterSeconds);
}

type Ask = ReturnType<typeof useRequestSession>;
type SessionInput = Parameters<Ask['mutate']>[0];

interface SessionRequest {
  readonly start: (wish: SessionInput) => void;
  readonly stop: () => void;
  /** The first attempt is under way. */
  readonly isPending: boolean;
  /** Set while a deployment refuses new sessions; `nextAt`: time of the next attempt (local clock), null during one. */
  readonly waiting: { readonly nextAt: number | null } | undefined;
  /** The maximum wait has passed. */
  readonly tooLong: boolean;
  readonly error: unknown;
}

/** Requests a session. During a deployment, retries until the request is accepted, refused, stopped or too old. */
export function useSessionRequest(onAsked: (session: Session) => void): SessionRequest {
  const { mutate, reset, isPending, error } = useRequestSession();
  const [waiting, setWaiting] = useState<SessionRequest['waiting']>();
  const [tooLong, setTooLong] = useState(false);
  const wish = useRef<SessionInput>(undefined);
  const since = useRef(0);

  const attempt = (): void => {
    if (!wish.current) return;
    mutate(wish.current, {
      onSuccess: onAsked,
      onError: (failure) => {
        const waitMs = waitAfter(failure);
        const over = Date.now() - since.current > LIMITS.DEPLOYMENT_WAIT_MS;
        setTooLong(waitMs !== undefined && over);
        setWaiting(waitMs === undefined || over ? undefined : { nextAt: Date.now() + waitMs });
      },
    });
  };
  const latest = useRef(attempt);
  useEffect(() => {
    latest.current = attempt;
  });
  const nextAt = waiting?.nextAt;
  useEffect(() => {
    if (!nextAt) return;
    const timer = setTimeout(() => {
      setWaiting({ nextAt: null });
      latest.current();
    }, nextAt - Date.now());
    return () => clearTimeout(timer);
  }, [nextAt]);

  return {
    start(next) {
      wish.current = next;
      since.current = Date.now();
      setTooLong(false);
      attempt();
    },
    stop() {
      setWaiting(undefined);
      reset();
    },
    isPending: isPending && !waiting,
    waiting,
    tooLong,
    error: waiting || tooLong ? null : error,
  };
}
