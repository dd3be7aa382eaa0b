import { readFile, stat } from 'node:fs/promises';
import { UsageError } from './terminal.errors';

/** @throws UsageError when there is none, or it is larger than `most` bytes */
export async function readBounded(path: string, most: number): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size <= most) return await readFile(path);
  } catch (error) {
    throw new UsageError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code}).`, 'Check the path.');
  }
  throw new UsageError(`${path} is larger than ${most} bytes.`, 'Check the path.');
}
