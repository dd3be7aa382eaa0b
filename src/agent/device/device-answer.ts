import { withTimeLimit } from '../../tunnel/time-limit';
import { DeviceUnreachable } from './device-access';

/**
 * Runs a request to a device with a time limit; `again` restarts the time.
 * @param signal aborts the request; then this rejects with its reason
 * @throws DeviceUnreachable after `ms`, even if `ask` ignores its signal
 */
export const answerInTime = <T>(
  ms: number,
  signal: AbortSignal | undefined,
  ask: (signal: AbortSignal, again: () => void) => Promise<T>,
): Promise<T> => withTimeLimit(ms, signal, ask, () => new DeviceUnreachable(`no answer in ${ms} ms`));
