import { rm } from 'node:fs/promises';
import type { FirmwareSource } from '../../protocol/ad-hoc-command';
import { LIMITS } from '../../protocol/limits';
import type { ResultLine } from '../../protocol/maintenance';
import { answerInTime } from '../device/device-answer';
import type { OperationContext } from './operation-context';
import { downloadFirmware, downloadOf, firmwareFile } from './firmware-download';
import type { VersionWait } from './job';
import { JobFailed } from './maintenance.errors';
import { awaitVersion } from './version-wait';

/**
 * Checks the manifest, downloads the file, compares it with the manifest, sends it to the device, and waits until the device reports the new version. If the device had
 * received the file before the agent was restarted, only waits. @throws as `EXECUTE`
 */
export async function installFirmware(context: OperationContext): Promise<ResultLine[]> {
  const { firmware } = context.order;
  if (!firmware) throw new JobFailed('download-failed', 'the order contains no file');
  const wait = context.wait ?? (await transferFirmware(context, firmware));
  const after = await awaitVersion(context, wait, firmware.version);
  return [
    { name: 'version-before', value: wait.before || 'unknown' },
    { name: 'version-after', value: after },
  ];
}

async function transferFirmware(context: OperationContext, firmware: FirmwareSource): Promise<VersionWait> {
  const { order, access, query: ask, folder, server, progress, signal, times } = context;
  const information = await ask();
  const refusal = context.refusalOfFirmware(order, information);
  if (refusal) throw new JobFailed(refusal.failure, refusal.detail);
  const before = information.firmwareVersion;
  const percentOf = (bytes: number) => Math.min(100, Math.floor((bytes / firmware.bytes) * 100));
  const file = firmwareFile(folder, order.jobId);
  try {
    progress('downloading', 0);
    await downloadFirmware(downloadOf(order.jobId, firmware, server), file, {
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
    const wait = { before, until: performance.now() + (times.backMs ?? LIMITS.FIRMWARE_BACK_MS) };
    await context.received(wait);
    return wait;
  } finally {
    await rm(file, { force: true });
  }
}
