import { useEffect, useState } from 'react';
import { applyEvent } from './apply-event';
import { listenLive } from './live-connection';
import { useClient } from '../api/query-client';

/** Shorter interruptions are not shown. */
const QUIET_MS = 2_000;

/** Applies live events to the cache while a user is logged in. @returns whether live events arrive */
export function useLive(userId: string): boolean {
  const client = useClient();
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    let hint: ReturnType<typeof setTimeout> | undefined;
    const stop = listenLive({
      onEvent: (event) => applyEvent(client, event),
      onConnected() {
        clearTimeout(hint);
        setConnected(true);
        // events were missed, on the first connection those since the first answers
        void client.invalidateQueries();
      },
      onLost(wasConnected) {
        if (!wasConnected) void client.invalidateQueries({ queryKey: ['me'] });
        clearTimeout(hint);
        hint = setTimeout(() => setConnected(false), QUIET_MS);
      },
      onLoggedOut: () => client.invalidateQueries({ queryKey: ['me'] }),
    });
    return () => {
      clearTimeout(hint);
      stop();
    };
  }, [client, userId]);
  return connected;
}
