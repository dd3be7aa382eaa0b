import type { Session } from '../../protocol/api';
import { useFormats } from '../messages/language';
import { useNow } from '../parts/use-now';

/** How long a session has run, or had. */
export function Elapsed({ session: { establishedAt, endedAt, durationSeconds } }: { session: Session }) {
  if (!establishedAt) return null;
  return endedAt ? <Whole seconds={durationSeconds ?? 0} /> : <Running since={Date.parse(establishedAt)} />;
}

function Whole({ seconds }: { seconds: number }) {
  return useFormats().duration(seconds);
}

function Running({ since }: { since: number }) {
  const now = useNow(1_000);
  return <Whole seconds={(now - since) / 1000} />;
}
