import type { Journal } from '../../journal/journal';
import type { JobOrder } from '../../protocol/ad-hoc-command';
import { LIMITS } from '../../protocol/limits';
import type { Operation, ResultLine } from '../../protocol/maintenance';
import { type DeviceAccess, DeviceRefused, DeviceUnreachable, OperationUnsupported } from '../device/device-access';
import { answerInTime } from '../device/device-answer';
import type { DeviceWatch } from '../information/device-watch';
import { installFirmware } from './firmware-install';
import type { JobOutcome } from './job';
import { JobFailed } from './maintenance.errors';
import { counterLines, informationLines } from './result-lines';
import { waitUntilBack, type OperationTimes, type Work } from './operation-context';

/**
 * S123: how each operation is carried out; resolves with the lines of its result.
 * @throws JobFailed, DeviceUnreachable, DeviceRefused, OperationUnsupported; what `signal` was aborted with
 */
export const OPERATE: Readonly<Record<Operation, (work: Work) => Promise<ResultLine[]>>> = {
  information: async ({ ask }) => informationLines(await ask()),
  counters: async ({ ask }) => {
    const lines = counterLines(await ask());
    if (lines.length === 0) throw new OperationUnsupported('the device tells no counters');
    return lines;
  },
  identify: async (work) => {
    await taken(work, (signal) => work.access.identify(signal));
    return [];
  },
  'test-page': async (work) => {
    await taken(work, (signal) => work.access.printTestPage(`Platen test page ${work.order.jobId}`, signal));
    return [];
  },
  restart: async (work) => {
    await taken(work, (signal) => work.access.restart(signal));
    work.progress('restarting', null);
    await waitUntilBack(work);
    return [];
  },
  'firmware-install': installFirmware,
};

const taken = ({ signal, times }: Work, tell: (signal: AbortSignal) => Promise<void>): Promise<void> =>
  answerInTime(times.takesMs ?? LIMITS.DEVICE_TAKES_MS, signal, tell);

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
