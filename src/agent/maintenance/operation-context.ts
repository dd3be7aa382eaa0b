import { setTimeout as delay } from 'node:timers/promises';
import type { JobOrder } from '../../protocol/ad-hoc-command';
import type { DeviceInformation } from '../../protocol/device-information';
import { LIMITS } from '../../protocol/limits';
import type { DeviceAccess } from '../device/device-access';
import { JobFailed } from './maintenance.errors';

/** Shorter times for tests. */
export interface OperationTimes {
  /** For a device to return after a restart. */
  readonly backMs?: number;
  /** For a device that never stops answering to count as restarted. */
  readonly awayMs?: number;
  /** Between two polls. */
  readonly lookMs?: number;
  /** For a device to accept a request. */
  readonly takesMs?: number;
  readonly downloadRetry?: { readonly firstMs?: number; readonly maxMs?: number };
}

/** What the execution of one job needs. */
export interface Work {
  readonly order: JobOrder;
  readonly access: DeviceAccess;
  /** Acquires the device information. @throws DeviceUnreachable, DeviceRefused */
  readonly ask: () => Promise<DeviceInformation>;
  /** The agent's state folder. */
  readonly folder: string;
  readonly progress: (activity: string, percent: number | null) => void;
  /** Aborted when the agent stops. */
  readonly signal: AbortSignal;
  readonly times: OperationTimes;
}

const LOOK_MS = 1_000;

/**
 * Waits until a device that restarts was away and answers again; gives what it says then. One that answers all the time
 * has been away between two looks, or does not go away at all: after `DEVICE_AWAY_MS` it is taken as it is.
 * @param changed what shows that the device is another than before, although nobody has seen it away
 * @throws JobFailed not-back; what the signal was aborted with
 */
export async function waitUntilBack(
  { ask, signal, times }: Pick<Work, 'ask' | 'signal' | 'times'>,
  changed: (information: DeviceInformation) => boolean = () => false,
): Promise<DeviceInformation> {
  const { backMs = LIMITS.FIRMWARE_BACK_MS, awayMs = LIMITS.DEVICE_AWAY_MS, lookMs = LOOK_MS } = times;
  const began = performance.now();
  let away = false;
  for (;;) {
    const information = await ask().catch(() => undefined);
    signal.throwIfAborted();
    const passed = performance.now() - began;
    if (information && (away || passed >= awayMs || changed(information))) return information;
    away ||= information === undefined;
    if (passed >= backMs) throw new JobFailed('not-back', `it has not answered for ${Math.round(passed / 1000)} s`);
    await delay(lookMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
