import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Nothing can be written to the data folder; the message begins with why, and names no path: everybody may read it. */
export class StorageUnwritable extends Error {
  override readonly name = 'StorageUnwritable';

  constructor(readonly reason: 'storage-full' | 'unwritable') {
    super(reason === 'storage-full' ? 'storage-full: no space is left' : 'unwritable: see PLATEN_DATA');
  }
}

/** How long an answer is valid: frequent requests must not wear out the disk. */
const GOOD_MS = 5_000;
/** With less than this left no database works for long. */
const BYTES = 64 * 1024;
const FULL = ['ENOSPC', 'EDQUOT'];

/** Finds out whether the data folder still takes what is written to it, by writing to it. */
export class StorageProbe {
  private last = Promise.resolve();
  private pending = false;
  private since = -Infinity;

  constructor(private readonly folder: string) {}

  /** @throws StorageUnwritable */
  check(): Promise<void> {
    // a disk that hangs is not asked again before it has answered
    if (!this.pending && performance.now() - this.since >= GOOD_MS) this.last = this.write();
    return this.last;
  }

  private async write(): Promise<void> {
    this.pending = true;
    const path = join(this.folder, '.write-probe');
    try {
      const file = await open(path, 'w', 0o600);
      try {
        await file.writeFile(randomBytes(BYTES)); // what a file system cannot compress
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      throw new StorageUnwritable(FULL.includes(code) ? 'storage-full' : 'unwritable');
    } finally {
      await rm(path, { force: true }).catch(() => undefined); // the next one overwrites it
      this.since = performance.now();
      this.pending = false;
    }
  }
}
