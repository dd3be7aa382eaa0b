import { randomBytes } from 'node:crypto';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../../protocol/limits';

/**
 * A file that occupies space on the disk of the database. When the disk is full, it is removed, so that sessions and jobs
 * can still end and be recorded; nothing new is stored until there is space for it again.
 */
export class StorageReserve {
  private readonly path: string;
  private triedAt = -Infinity;
  private trying: Promise<boolean> | undefined;

  constructor(folder: string) {
    this.path = join(folder, 'storage-reserve');
  }

  /** Occupies the space, at most so often. @returns whether it could; false also if it has not been tried again */
  occupy(): Promise<boolean> {
    if (performance.now() - this.triedAt < LIMITS.STORAGE_RESERVE_RETRY_MS) return Promise.resolve(false);
    this.trying ??= this.write().finally(() => {
      this.triedAt = performance.now();
      this.trying = undefined;
    });
    return this.trying;
  }

  async release(): Promise<void> {
    this.triedAt = performance.now();
    await rm(this.path, { force: true });
  }

  private async write(): Promise<boolean> {
    const bytes = LIMITS.STORAGE_RESERVE_BYTES;
    try {
      if ((await stat(this.path).catch(() => undefined))?.size === bytes) return true;
      const file = await open(this.path, 'w', 0o600);
      try {
        await file.writeFile(randomBytes(bytes)); // random, so that the file system cannot compress it
        await file.sync();
      } finally {
        await file.close();
      }
      return true;
    } catch {
      await rm(this.path, { force: true }).catch(() => undefined); // the next attempt overwrites it
      return false;
    }
  }
}
