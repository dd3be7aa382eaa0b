import { readFile, stat } from 'node:fs/promises';
import { bytes } from './formats';
import { UsageError } from './terminal.errors';
import type { TerminalIo } from './terminal-io';

/** @throws UsageError if the file cannot be read or is larger than `most` bytes */
export async function readBounded(path: string, most: number): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size <= most) return await readFile(path);
  } catch (error) {
    throw new UsageError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`, 'Check the path.');
  }
  throw new UsageError(`${path} is too large: the limit is ${most} bytes.`, 'Check the path.');
}

/** Shows the progress of an upload. */
export const showSent =
  (io: TerminalIo, all: number) =>
  (sent: number): void =>
    io.reportInPlace(`${bytes(sent)} of ${bytes(all)} (${Math.floor((sent / Math.max(1, all)) * 100)} %) `);
