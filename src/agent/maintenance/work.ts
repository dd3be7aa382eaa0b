import type { JobOrder } from '../../protocol/ad-hoc-command';
import type { DeviceInformation } from '../../protocol/device-information';
import type { DeviceAccess } from '../device/device-access';

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
