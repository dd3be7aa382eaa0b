import { randomBytes } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The data folder is not writable. The message is public: it starts with the reason and names no path. */
export class StorageUnwritable extends Error {
  override readonly name = 'StorageUnwritable';

  constructor(readonly reason: 'storage-full' | 'unwritable') {
    super(reason === 'storage-full' ? 'storage-full: no space is left' : 'unwritable: see PLATEN_DATA');
  }
}

/** How long a result is valid: frequent requests must not wear out the disk. */
const GOOD_MS = 5_000;
/** With less free space the database would soon fail. */
const BYTES = 64 * 1024;
const FULL = ['ENOSPC', 'EDQUOT'];

/** Checks that the data folder is writable by writing a file. */
export class StorageProbe {
  private last = Promise.resolve();
  private pending = false;
  private since = -Infinity;

  constructor(private readonly folder: string) {}

  /** @throws StorageUnwritable */
  check(): Promise<void> {
    // no second probe while one hangs
    if (!this.pending && performance.now() - this.since >= GOOD_MS) this.last = this.write();
    return this.last;
  }

  private async write(): Promise<void> {
    this.pending = true;
    const path = join(this.folder, '.write-probe');
    try {
      const file = await open(path, 'w', 0o600);
      try {
        await file.writeFile(randomBytes(BYTES)); // random, so that the file system cannot compress it
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      throw new StorageUnwritable(FULL.includes(code) ? 'storage-full' : 'unwritable');
    } finally {
      await rm(path, { force: true }).catch(() => undefined); // the next probe overwrites it
      this.since = performance.now();
      this.pending = false;
    }
  }
}
