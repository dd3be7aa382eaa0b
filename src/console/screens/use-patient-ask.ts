import { useEffect, useRef, useState } from 'react';
import type { Session } from '../../protocol/api';
import { LIMITS } from '../../protocol/limits';
import { askAgainAfterMs } from '../api/patience';
import { useAskForSession } from '../api/sessions';

type Ask = ReturnType<typeof useAskForSession>;
type Wish = Parameters<Ask['mutate']>[0];

interface PatientAsk {
  readonly start: (wish: Wish) => void;
  readonly stop: () => void;
  /** Trying, without a wait so far. */
  readonly isPending: boolean;
  /** A deployment stands in the way; `nextAt`: moment of the next try by this machine's clock, null while trying. */
  readonly waiting: { readonly nextAt: number | null } | undefined;
  /** Waited as long as makes sense. */
  readonly tooLong: boolean;
  readonly error: unknown;
}

/** Asks for a session, and during a deployment again and again, until it is taken, refused, stopped, or too late. */
export function usePatientAsk(onAsked: (session: Session) => void): PatientAsk {
  const { mutate, reset, isPending, error } = useAskForSession();
  const [waiting, setWaiting] = useState<PatientAsk['waiting']>();
  const [tooLong, setTooLong] = useState(false);
  const wish = useRef<Wish>(undefined);
  const since = useRef(0);

  const attempt = (): void => {
    if (!wish.current) return;
    mutate(wish.current, {
      onSuccess: onAsked,
      onError: (failure) => {
        const waitMs = askAgainAfterMs(failure);
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
