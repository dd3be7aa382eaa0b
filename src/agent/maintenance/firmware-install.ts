import { rm } from 'node:fs/promises';
import { LIMITS } from '../../protocol/limits';
import type { ResultLine } from '../../protocol/maintenance';
import { answerInTime } from '../device/device-answer';
import { waitUntilBack, type Work } from './operation-context';
import { downloadFirmware, firmwareFile } from './firmware-download';
import { JobFailed } from './maintenance.errors';

/** Gets the file, has the device take it, and waits for the device to come back with it. @throws as OPERATE */
export async function installFirmware(work: Work): Promise<ResultLine[]> {
  const { order, access, ask, folder, progress, signal, times } = work;
  const { firmware } = order;
  if (!firmware) throw new JobFailed('download-failed', 'the order does not say where the file is');
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
    // While bytes go out the device is there; after the last one it may take its time to check the file.
    await answerInTime(times.backMs ?? LIMITS.FIRMWARE_BACK_MS, signal, (either, again) =>
      access.sendFirmware(
        file,
        (bytes) => {
          again();
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
  const { firmwareVersion: after } = await waitUntilBack(work, isNew);
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
