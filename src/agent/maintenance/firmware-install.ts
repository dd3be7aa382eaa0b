import { rm } from 'node:fs/promises';
import { LIMITS } from '../../protocol/limits';
import type { ResultLine } from '../../protocol/maintenance';
import { answerInTime } from '../device/device-answer';
import { waitUntilBack, type OperationContext } from './operation-context';
import { downloadFirmware, firmwareFile } from './firmware-download';
import { JobFailed } from './maintenance.errors';

/** Downloads the file, sends it to the device, and waits until the device reports the new version. @throws as `EXECUTE` */
export async function installFirmware(context: OperationContext): Promise<ResultLine[]> {
  const { order, access, query: ask, folder, progress, signal, times } = context;
  const { firmware } = order;
  if (!firmware) throw new JobFailed('download-failed', 'the order contains no file');
  const before = (await ask()).firmwareVersion;
  const percentOf = (bytes: number) => Math.min(100, Math.floor((bytes / firmware.bytes) * 100));

  const file = firmwareFile(folder, order.jobId);
  try {
    progress('downloading', 0);
    await downloadFirmware(firmware, file, {
      onBytes: (bytes) => progress('downloading', percentOf(bytes)),
      signal,
      retry: times.downloadRetry,
    });
    progress('sending', 0);
    // Each byte sent restarts the timeout, so the device has the full time to check the file after the last one.
    await answerInTime(times.returnMs ?? LIMITS.DEVICE_RETURN_MS, signal, (either, extend) =>
      access.sendFirmware(
        file,
        (bytes) => {
          extend();
          progress('sending', percentOf(bytes));
        },
        either,
      ),
    );
  } finally {
    await rm(file, { force: true });
  }

  progress('restarting', null);
  const isNew = ({ firmwareVersion }: { firmwareVersion: string }) =>
    firmwareVersion === firmware.version && firmwareVersion !== before;
  const { firmwareVersion: after } = await waitUntilBack(context, isNew);
  if (after !== firmware.version)
    throw new JobFailed(
      'version-unchanged',
      `Version after installation is ${after || 'unknown'}, expected ${firmware.version}.`,
    );
  return [
    { name: 'version-before', value: before || 'unknown' },
    { name: 'version-after', value: after },
  ];
}
