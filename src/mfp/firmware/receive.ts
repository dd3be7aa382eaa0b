import { toInstant } from '../../protocol/names';
import type { Machine } from '../machine/machine';
import type { FirmwareUpload } from '../machine/memory';
import type { FirmwareReader } from './firmware-file';

/** Notes down what has come, and what comes of it. @returns the version that is to be installed */
export function receive(
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
