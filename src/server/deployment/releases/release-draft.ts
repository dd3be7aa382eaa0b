import { createHash } from 'node:crypto';
import { open, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReleaseManifest } from '../../../protocol/release';
import { toInstant } from '../../../protocol/names';
import { syncFolder } from '../../config/sync-folder';
import { MANIFEST, type StoredManifest } from './release-files';
import { ReleaseRefused } from './releases.errors';

/** Writes script and manifest of a release into a folder, chunk by chunk, and compares them at the end. */
export class ReleaseDraft {
  private readonly hash = createHash('sha256');
  private bytes = 0;

  private constructor(
    private readonly folder: string,
    private readonly manifest: ReleaseManifest,
    private readonly script: FileHandle,
  ) {}

  /** @param script name of the file */
  static async open(folder: string, script: string, manifest: ReleaseManifest): Promise<ReleaseDraft> {
    return new ReleaseDraft(folder, manifest, await open(join(folder, script), 'wx', 0o600));
  }

  /** @throws ReleaseRefused */
  async write(chunk: Buffer): Promise<void> {
    this.bytes += chunk.length;
    if (this.bytes > this.manifest.bytes)
      throw new ReleaseRefused(`It is longer than the ${this.manifest.bytes} bytes that its manifest states.`);
    this.hash.update(chunk);
    await this.script.writeFile(chunk);
  }

  /** Syncs the files to the disk. @throws ReleaseRefused */
  async finish(): Promise<StoredManifest> {
    const { bytes, sha256 } = this.manifest;
    if (this.bytes !== bytes) throw new ReleaseRefused(`It ends after ${this.bytes} of ${bytes} bytes.`);
    if (this.hash.digest('hex') !== sha256)
      throw new ReleaseRefused('Its content does not match the SHA-256 of its manifest.');
    await this.script.sync();
    const stored = { ...this.manifest, storedAt: toInstant(Date.now()) };
    const text = `${JSON.stringify(stored, null, 2)}\n`;
    await writeFile(join(this.folder, MANIFEST), text, { mode: 0o600, flag: 'wx', flush: true });
    await syncFolder(this.folder);
    return stored;
  }

  close(): Promise<void> {
    return this.script.close();
  }
}
