import { toInstant } from '../../protocol/names';
import type { Machine } from '../machine/machine';
import type { FirmwareUpload } from '../machine/memory';
import type { FirmwareReader } from './firmware-file';

/** Records a received file with its outcome. @returns the version to install, if any */
export function recordFirmware(
  machine: Machine,
  file: Pick<FirmwareUpload, 'fileName' | 'bytes' | 'sha256'>,
  reader: FirmwareReader,
): string | undefined {
  const verdict = reader.verdict(machine.identity.product);
  const outcome =
    'version' in verdict ? `Installed as version ${verdict.version}.` : `Not installed: ${verdict.refusal}.`;
  machine.memory.firmwareUpload = { ...file, at: toInstant(Date.now()), outcome };
  machine.changed();
  return 'version' in verdict ? verdict.version : undefined;
}
