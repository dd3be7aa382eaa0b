import { setTimeout as delay } from 'node:timers/promises';
import type { JobOrder } from '../../protocol/ad-hoc-command';
import type { DeviceInformation } from '../../protocol/device-information';
import { LIMITS } from '../../protocol/limits';
import { DeviceUnreachable, type DeviceAccess } from '../device/device-access';
import type { RecentLog } from '../log/recent-log';
import type { FirmwareCheck } from './firmware-check';
import type { OwnServer } from './firmware-download';
import type { VersionWait } from './job';
import { JobFailed } from './maintenance.errors';

/** Between two polls of a device that restarts or installs firmware. */
export const POLL_MS = 1_000;

/** Times that tests shorten. */
export interface OperationTimes {
  /** For a device to return after a restart. */
  readonly returnMs?: number;
  /** After this time, a device that never stopped answering counts as restarted. */
  readonly awayMs?: number;
  /** For a device to report the new version, and the pause between two answers that proves a restart meanwhile. */
  readonly backMs?: number;
  readonly pauseMs?: number;
  /** Between two polls. */
  readonly pollMs?: number;
  /** For a device to accept a request. */
  readonly acceptMs?: number;
  readonly downloadRetry?: { readonly firstMs?: number; readonly maxMs?: number };
}

/** Context for the execution of one job. */
export interface OperationContext {
  readonly order: JobOrder;
  readonly access: DeviceAccess;
  /** Acquires the device information. @throws DeviceUnreachable, DeviceRefused */
  readonly query: () => Promise<DeviceInformation>;
  /** The agent's state folder. */
  readonly folder: string;
  readonly server: OwnServer;
  readonly refusalOfFirmware: FirmwareCheck;
  /** Of this agent; undefined: it keeps none. */
  readonly log?: Pick<RecentLog, 'lines'>;
  readonly progress: (activity: string, percent: number | null) => void;
  /** The device has received the firmware: resolves when this is stored, so that a restarted agent only waits. */
  readonly received: (wait: VersionWait) => Promise<void>;
  /** Set if the device had received the firmware before the agent was restarted. */
  readonly wait: VersionWait | undefined;
  /** Aborted when the agent stops. */
  readonly signal: AbortSignal;
  readonly times: OperationTimes;
}

/** Like `query`, but a device that restarts and answers by SNMP only does not answer yet. @throws also DeviceUnreachable */
export async function queryRestarting({ query }: Pick<OperationContext, 'query'>): Promise<DeviceInformation> {
  const information = await query();
  if (information.unanswered?.protocol === 'ipp') throw new DeviceUnreachable(information.unanswered.detail);
  return information;
}

/**
 * Waits until a restarting device was unreachable and answers again. A device that
 * answers every poll restarted between two polls, or not at all: it counts as restarted after `DEVICE_AWAY_MS`.
 * @throws JobFailed not-back; the reason of `signal`
 */
export async function waitUntilBack({
  query,
  signal,
  times,
}: Pick<OperationContext, 'query' | 'signal' | 'times'>): Promise<void> {
  const { returnMs = LIMITS.DEVICE_RETURN_MS, awayMs = LIMITS.DEVICE_AWAY_MS, pollMs = POLL_MS } = times;
  const startedAt = performance.now();
  let away = false;
  for (;;) {
    const information = await queryRestarting({ query }).catch(() => undefined);
    signal.throwIfAborted();
    const passed = performance.now() - startedAt;
    if (information && (away || passed >= awayMs)) return;
    away ||= information === undefined;
    if (passed >= returnMs) throw new JobFailed('not-back', `it has not answered for ${Math.round(passed / 1000)} s`);
    await delay(pollMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
