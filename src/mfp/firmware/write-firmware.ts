import { writeFile } from 'node:fs/promises';
import { firmwareVersion } from '../../protocol/maintenance';
import { makeFirmware } from './firmware-file';

/** `platen mfp firmware`: exit code 2 for a version that is none, 1 where the file cannot be written. */
export async function writeFirmware(
  version: string,
  file: string,
  options: { model?: string; bytes?: number },
): Promise<void> {
  const checked = firmwareVersion.safeParse(version);
  if (!checked.success) return fail(`The version ${checked.error.issues[0]?.message}.`, 2);
  try {
    await writeFile(file, makeFirmware(version, options));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    fail(message, 1);
  }
}

function fail(words: string, exitCode: number): void {
  process.stderr.write(`${words}\n`);
  process.exitCode = exitCode;
}
