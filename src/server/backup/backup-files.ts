import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupFile } from '../../protocol/backup';
import { toInstant } from '../../protocol/names';
import { MAGIC } from './sealed-stream';

const HOUR_MS = 60 * 60_000;
/** Only these are counted and deleted. */
const NAME = /^platen-\d{4}-\d\d-\d\dT\d{6}Z\.backup$/;

export const nameAt = (ms: number): string => `platen-${toInstant(ms).slice(0, 19).replaceAll(':', '')}Z.backup`;

/** The names of the backups in a folder, oldest first. @throws the error of the file system */
export const presentBackups = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => NAME.test(name)).sort();

/** Whether a run was missed: the newest backup is older than two intervals. */
export const isOverdue = (newestMs: number, hours: number, now = Date.now()): boolean =>
  now - newestMs > 2 * hours * HOUR_MS;

/** @throws the error of the file system */
export async function describeBackup(folder: string, name: string): Promise<BackupFile> {
  const { mtimeMs, size } = await stat(join(folder, name));
  const file = await open(join(folder, name));
  try {
    const { buffer } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0);
    return { name, at: toInstant(mtimeMs), bytes: size, encrypted: buffer.equals(MAGIC) };
  } finally {
    await file.close();
  }
}
