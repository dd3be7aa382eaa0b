import { DeviceUnreachable } from './device-access';

/**
 * Runs a request to a device with a timeout; `again` restarts the time.
 * @param signal aborts the request; then this rejects with its reason
 * @throws DeviceUnreachable after `ms`, even if `ask` ignores its signal
 */
export async function answerInTime<T>(
  ms: number,
  signal: AbortSignal | undefined,
  ask: (signal: AbortSignal, again: () => void) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DeviceUnreachable(`no answer in ${ms} ms`)), ms);
  const either = AbortSignal.any([late.signal, ...(signal ? [signal] : [])]);
  let rejectEarly = (_error: Error): void => undefined;
  const up = new Promise<never>((_, reject) => (rejectEarly = reject));
  const giveUp = () => rejectEarly(either.reason as Error);
  either.addEventListener('abort', giveUp);
  try {
    if (either.aborted) giveUp();
    return await Promise.race([up, ask(either, () => timer.refresh())]);
  } finally {
    clearTimeout(timer);
    either.removeEventListener('abort', giveUp);
  }
}
