import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { applyEvent } from './apply-event';
import { listenLive } from './live-connection';

/** A short loss is not worth a word. */
const QUIET_MS = 2_000;

/** Keeps everything the console shows up to date while somebody is logged in. @returns whether news are coming in */
export function useLive(userId: string): boolean {
  const client = useQueryClient();
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    let missed = false;
    let hint: ReturnType<typeof setTimeout> | undefined;
    const stop = listenLive({
      onEvent: (event) => applyEvent(client, event),
      onConnected() {
        clearTimeout(hint);
        setConnected(true);
        if (missed) void client.invalidateQueries();
        missed = false;
      },
      onLost() {
        missed = true;
        clearTimeout(hint);
        hint = setTimeout(() => setConnected(false), QUIET_MS);
      },
      onLoggedOut: () => void client.invalidateQueries({ queryKey: ['me'] }),
    });
    return () => {
      clearTimeout(hint);
      stop();
    };
  }, [client, userId]);
  return connected;
}
