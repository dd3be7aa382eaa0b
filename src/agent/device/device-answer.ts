import { DeviceUnreachable } from './device-access';

/**
 * What a device answers, if it does so in time; `again` restarts the time.
 * @param signal gives up at once; then this rejects with its reason
 * @throws DeviceUnreachable after `ms`, even where `ask` does not heed its signal
 */
export async function answerInTime<T>(
  ms: number,
  signal: AbortSignal | undefined,
  ask: (signal: AbortSignal, again: () => void) => Promise<T>,
): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DeviceUnreachable(`no answer in ${ms} ms`)), ms);
  const either = AbortSignal.any([late.signal, ...(signal ? [signal] : [])]);
  let given = (_error: Error): void => undefined;
  const up = new Promise<never>((_, reject) => (given = reject));
  const giveUp = () => given(either.reason as Error);
  either.addEventListener('abort', giveUp);
  try {
    if (either.aborted) giveUp();
    return await Promise.race([up, ask(either, () => timer.refresh())]);
  } finally {
    clearTimeout(timer);
    either.removeEventListener('abort', giveUp);
  }
}
