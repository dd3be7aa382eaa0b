import { Tooltip } from '@mantine/core';
import { useEffect, useState } from 'react';
import { serverNow } from '../api/server-time';
import { useFormats } from '../messages/language';

/** The server's time in milliseconds, updated every `everyMs`. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** How long ago something was, kept up to date; the exact time in a tooltip. */
export function Ago({ at }: { at: string }) {
  const formats = useFormats();
  const now = useNow(15_000);
  return (
    <Tooltip label={formats.moment(at)}>
      <time dateTime={at}>{formats.ago(at, now)}</time>
    </Tooltip>
  );
}

/** The time from one moment to another, or until now. */
export const Elapsed = ({ from, to }: { from: string | null; to: string | null }) => {
  if (!from) return null;
  const since = Date.parse(from);
  return to ? <Duration ms={Date.parse(to) - since} /> : <Running since={since} />;
};

function Duration({ ms }: { ms: number }) {
  return useFormats().duration(ms / 1_000);
}
function Running({ since }: { since: number }) {
  return <Duration ms={useNow(1_000) - since} />;
}

/** The time that is left: `4:05`. */
export function useTimeLeft(until: string): string {
  const now = useNow(1_000);
  return useFormats().countdown((Date.parse(until) - now) / 1_000);
}
