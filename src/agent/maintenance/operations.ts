import { LIMITS } from '../../protocol/limits';
import type { Operation, ResultLine } from '../../protocol/maintenance';
import { OperationUnsupported } from '../device/device-access';
import { answerInTime } from '../device/device-answer';
import { waitUntilBack } from './device-return';
import { installFirmware } from './firmware-install';
import { counterLines, informationLines } from './result-lines';
import type { Work } from './work';

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
