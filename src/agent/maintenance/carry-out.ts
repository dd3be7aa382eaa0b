import type { Journal } from '../../journal/journal';
import type { JobOrder } from '../../protocol/ad-hoc-command';
import { DeviceRefused, DeviceUnreachable, OperationUnsupported, type DeviceAccess } from '../device/device-access';
import type { DeviceWatch } from '../information/device-watch';
import type { JobOutcome } from './job';
import { JobFailed } from './maintenance.errors';
import { OPERATE } from './operations';
import type { OperationTimes } from './work';

export interface CarryOutOptions {
  readonly watch: DeviceWatch;
  /** The agent's state folder. */
  readonly folder: string;
  readonly journal: Journal;
  readonly signal: AbortSignal;
  readonly times?: OperationTimes;
}

/** S123: carries out one job at its device. Never rejects. */
export async function carryOut(
  order: JobOrder,
  access: DeviceAccess,
  progress: (activity: string, percent: number | null) => void,
  { watch, times = {}, journal, ...options }: CarryOutOptions,
): Promise<JobOutcome> {
  const ask = () => watch.ask(order.deviceId);
  try {
    const result = await OPERATE[order.operation]({ order, access, ask, progress, times, ...options });
    return { failure: null, detail: '', result };
  } catch (error) {
    if (options.signal.aborted) return { failure: 'interrupted', detail: 'the agent was stopped', result: [] };
    return { ...failureOf(error as Error, journal), result: [] };
  }
}

function failureOf(error: Error, journal: Journal): Pick<JobOutcome, 'failure' | 'detail'> {
  if (error instanceof JobFailed) return { failure: error.failure, detail: error.detail };
  if (error instanceof DeviceUnreachable) return { failure: 'device-unreachable', detail: error.message };
  if (error instanceof DeviceRefused) return { failure: 'device-refused', detail: error.message };
  if (error instanceof OperationUnsupported) return { failure: 'unsupported', detail: error.message };
  return { failure: 'internal-error', detail: `incident ${journal.unexpected(error, 'carrying out a job')}` };
}
