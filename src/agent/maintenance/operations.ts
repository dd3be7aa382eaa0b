import type { Journal } from '../../journal/journal';
import type { JobOrder } from '../../protocol/ad-hoc-command';
import { isLasting } from '../../protocol/device-information';
import { LIMITS } from '../../protocol/limits';
import type { Operation } from '../../protocol/maintenance';
import { type DeviceAccess, DeviceRefused, DeviceUnreachable, OperationUnsupported } from '../device/device-access';
import { answerInTime } from '../device/device-answer';
import type { RecentLog } from '../log/recent-log';
import type { DevicePoller } from '../information/device-poller';
import type { FirmwareCheck } from './firmware-check';
import type { OwnServer } from './firmware-download';
import { installFirmware } from './firmware-install';
import type { JobOutcome, JobResults } from './job';
import { readLogs } from './log-operation';
import { JobFailed } from './maintenance.errors';
import { counterLines, informationLines } from './result-lines';
import { readSettings, setSettings } from './settings-operations';
import { waitUntilBack, type OperationTimes, type OperationContext } from './operation-context';

/**
 * S123: how each operation is carried out; resolves with its results.
 * @throws JobFailed, DeviceUnreachable, DeviceRefused, OperationUnsupported; the reason of `signal`
 */
const EXECUTE: Readonly<Record<Operation, (context: OperationContext) => Promise<JobResults>>> = {
  information: async ({ query }) => ({ result: informationLines(await query()) }),
  counters: async ({ query }) => {
    const lines = counterLines(await query());
    if (lines.length === 0) throw new OperationUnsupported('the device reports no counters');
    return { result: lines };
  },
  identify: async (context) => {
    await accepted(context, (signal) => context.access.identify(signal));
    return {};
  },
  'test-page': async (context) => {
    await accepted(context, (signal) =>
      context.access.printTestPage(`Platen test page ${context.order.jobId}`, signal),
    );
    return {};
  },
  restart: async (context) => {
    await accepted(context, (signal) => context.access.restart(signal));
    context.progress('restarting', null);
    await waitUntilBack(context);
    return {};
  },
  'settings-read': readSettings,
  'settings-set': setSettings,
  'logs-read': readLogs,
  'firmware-install': async (context) => ({ result: await installFirmware(context) }),
};

/** Resolves when the device has accepted the request. */
const accepted = ({ signal, times }: OperationContext, send: (signal: AbortSignal) => Promise<void>): Promise<void> =>
  answerInTime(times.acceptMs ?? LIMITS.DEVICE_ACCEPT_MS, signal, send);

export interface CarryOutOptions {
  readonly poller: DevicePoller;
  /** The agent's state folder. */
  readonly folder: string;
  readonly server: OwnServer;
  readonly refusalOfFirmware: FirmwareCheck;
  readonly journal: Journal;
  readonly log?: Pick<RecentLog, 'lines'>;
  readonly signal: AbortSignal;
  readonly times?: OperationTimes;
}

/** S123: carries out one job at its device. Never rejects. */
export async function carryOut(
  order: JobOrder,
  access: DeviceAccess,
  reports: Pick<OperationContext, 'progress' | 'received' | 'wait'>,
  { poller, times = {}, journal, ...options }: CarryOutOptions,
): Promise<JobOutcome> {
  const query = () => poller.query(order.deviceId);
  try {
    const results = await EXECUTE[order.operation]({ order, access, query, times, ...reports, ...options });
    return { failure: null, detail: '', ...results };
  } catch (error) {
    if (options.signal.aborted) return { failure: 'interrupted', detail: 'the agent was stopped' };
    return failureOf(error as Error, journal);
  }
}

/** Why nothing can be done at a device until somebody changes something; undefined: it may work later. */
export function lastingFailureOf(error: unknown): Pick<JobOutcome, 'failure' | 'detail'> | undefined {
  if (!(error instanceof DeviceRefused) || !isLasting(error.problem)) return undefined;
  return { failure: error.problem, detail: error.message };
}

function failureOf(error: Error, journal: Journal): JobOutcome {
  if (error instanceof JobFailed) return { failure: error.failure, detail: error.detail, ...error.results };
  if (error instanceof DeviceUnreachable) return { failure: 'device-unreachable', detail: error.message };
  const lasting = lastingFailureOf(error);
  if (lasting) return lasting;
  if (error instanceof DeviceRefused) return { failure: 'device-refused', detail: error.message };
  if (error instanceof OperationUnsupported) return { failure: 'unsupported', detail: error.message };
  return { failure: 'internal-error', detail: `incident ${journal.unexpected(error, 'carrying out a job')}` };
}
