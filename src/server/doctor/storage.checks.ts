import { statSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { check, note, type CheckFinding } from '../../protocol/check-finding';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import { isOverdue, presentBackups } from '../backup/backup-files';
import type { Config } from '../config/config';
import { StorageProbe } from '../config/storage-probe';

const GIGABYTE = 1e9;

/** The number of the user to whom a folder belongs; undefined if it does not exist. */
export const ownerOf = (folder: string): number | undefined => statSync(folder, { throwIfNoEntry: false })?.uid;

export const diskCheck = (folder: string): Promise<CheckFinding> =>
  check(
    'data folder',
    async () => {
      await new StorageProbe(folder).check();
      const { bavail, bsize } = await statfs(folder);
      const free = `${((bavail * bsize) / GIGABYTE).toFixed(1)} GB are free`;
      if (bavail * bsize < LIMITS.DISK_FREE_BYTES)
        throw new Error(`${free}; make room on its disk, or move it to a larger one`);
      return `${folder} can be written, ${free}`;
    },
    ({ message }) => `${folder}: ${message}`,
  );

export async function backupCheck({ backups }: Config): Promise<CheckFinding> {
  if (!backups) return note('backups', 'none are scheduled; set PLATEN_BACKUP_FOLDER, best on another disk');
  const { folder, hours } = backups;
  return check(
    'backups',
    async () => {
      const newest = (await presentBackups(folder)).at(-1);
      if (newest === undefined) throw new Error('has none yet; the running server writes the first one within minutes');
      const { mtimeMs } = await stat(join(folder, newest));
      if (isOverdue(mtimeMs, hours))
        throw new Error(
          `the newest one is of ${toInstant(mtimeMs)}; see the server's log for why there is no later one`,
        );
      return `the newest one in ${folder} is of ${toInstant(mtimeMs)}`;
    },
    ({ code, message }) => (code ? `${folder} cannot be read (${code})` : `${folder}: ${message}`),
  );
}
