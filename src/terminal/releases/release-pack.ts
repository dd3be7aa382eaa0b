import { writeFile } from 'node:fs/promises';
import { LIMITS } from '../../protocol/limits';
import { bytes } from '../formats';
import { readBounded } from '../read-bounded';
import { packedRelease, privateKeyFrom } from './release-file';
import { UsageError } from '../terminal.errors';
import type { TerminalIo } from '../terminal-io';

export interface PackOptions {
  releaseVersion: string;
  key: string;
  notes: string;
  out: string;
}

/** `platen release pack`: one signed file out of the script that `npm run release` has built. */
export async function releasePack(io: TerminalIo, bundle: string, options: PackOptions): Promise<void> {
  const script = await readBounded(bundle, LIMITS.RELEASE_BYTES);
  const about = { version: options.releaseVersion, notes: options.notes };
  const file = packedRelease(script, about, await privateKeyFrom(options.key));
  await writeFile(options.out, file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${options.out} cannot be written (${error.code}).`, 'Name another file.');
  });
  io.print(
    `${options.out}: release ${about.version}, ${bytes(file.length)}. Next: platen release upload ${options.out}`,
  );
}
