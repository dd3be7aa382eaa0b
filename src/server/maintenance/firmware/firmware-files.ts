import { createHash, randomUUID } from 'node:crypto';
import { chmod, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { LIMITS } from '../../../protocol/limits';
import { CONFIG, type Config } from '../../config/config';
import { syncFolder } from '../../config/sync-folder';
import { FirmwareRefused } from './firmware.errors';

/** Starts the names of incomplete files; no ID starts with it. */
const DRAFT = '.';

/** A complete file on the disk that has no ID yet. */
export interface FirmwareDraft {
  readonly path: string;
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** `<data>/firmware/<id>`: a file gets this name only once all of it is on the disk. */
@Injectable()
export class FirmwareFiles {
  readonly folder: string;

  constructor(@Inject(CONFIG) config: Config) {
    this.folder = join(config.data, 'firmware');
  }

  /** Removes files that a crash orphaned. @returns the IDs of `known` that have no file */
  async tidy(known: readonly string[]): Promise<string[]> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await chmod(this.folder, 0o700);
    const names = await readdir(this.folder);
    for (const name of names) if (!known.includes(name)) await this.remove(name);
    return known.filter((id) => !names.includes(id));
  }

  /**
   * Writes a file as it arrives; one that is refused or interrupted is removed.
   * @throws FirmwareRefused if it is empty or too large, UploadBrokenOff
   */
  async receive(content: AsyncIterable<Buffer>): Promise<FirmwareDraft> {
    const path = join(this.folder, `${DRAFT}${randomUUID()}`);
    try {
      return { path, ...(await write(path, content)) };
    } catch (error) {
      await this.discard(path);
      throw error;
    }
  }

  async place({ path }: FirmwareDraft, id: string): Promise<void> {
    await rename(path, join(this.folder, id));
    await syncFolder(this.folder);
  }

  remove(id: string): Promise<void> {
    return this.discard(join(this.folder, id));
  }

  discard(path: string): Promise<void> {
    return rm(path, { recursive: true, force: true });
  }
}

async function write(path: string, content: AsyncIterable<Buffer>): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const file = await open(path, 'wx', 0o600);
  let bytes = 0;
  try {
    for await (const chunk of content) {
      bytes += chunk.length;
      if (bytes > LIMITS.FIRMWARE_BYTES)
        throw new FirmwareRefused(`The file is larger than ${LIMITS.FIRMWARE_BYTES} bytes.`);
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    if (bytes === 0) throw new FirmwareRefused('The file is empty.');
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}
