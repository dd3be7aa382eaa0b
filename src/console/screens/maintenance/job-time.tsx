import type { Job } from '../../../protocol/maintenance';
import { useFormats } from '../../messages/language';
import { useNow } from '../../parts/use-now';

/** How long the device has been at it, or was. */
export function JobTime({ job: { beganAt, endedAt } }: { job: Job }) {
  if (!beganAt) return null;
  const began = Date.parse(beganAt);
  return endedAt ? <Whole ms={Date.parse(endedAt) - began} /> : <Running since={began} />;
}

function Whole({ ms }: { ms: number }) {
  return useFormats().duration(ms / 1_000);
}

function Running({ since }: { since: number }) {
  const now = useNow(1_000);
  return <Whole ms={now - since} />;
}
