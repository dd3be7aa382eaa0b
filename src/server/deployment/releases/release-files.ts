import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { z } from 'zod';
import { Journal } from '../../../journal/journal';
import { relayVersion } from '../../../protocol/deployment';
import { LIMITS } from '../../../protocol/limits';
import { instant } from '../../../protocol/names';
import { parseJson } from '../../../protocol/parse-json';
import { releaseManifest } from '../../../protocol/release';
import { CONFIG, type Config } from '../../config/config';
import { syncFolder } from '../../config/sync-folder';
import { ReleaseExists, TooManyReleases } from './releases.errors';

export const SCRIPT = 'relay.cjs';
export const MANIFEST = 'manifest.json';
/** Begins the names of folders that hold no release (yet, or any more); a version never begins so. */
const NOT_KEPT = '.';

export const storedManifest = releaseManifest.extend({ storedAt: instant });
export type StoredManifest = z.infer<typeof storedManifest>;

/**
 * `<data>/releases/<version>` with script and manifest. A folder gets such a name only when all of it is on the disk,
 * and loses it before anything of it is removed: whatever a crash leaves behind is known by its name.
 */
@Injectable()
export class ReleaseFiles implements OnModuleInit {
  private readonly folder: string;
  /** What changes the folder goes one after another. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly journal: Journal,
  ) {
    this.folder = join(config.data, 'releases');
  }

  async onModuleInit(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await chmod(this.folder, 0o700);
    for (const name of await readdir(this.folder)) {
      if (name.startsWith(NOT_KEPT)) await this.clear(join(this.folder, name));
      else if (!(await this.manifestOf(name))) this.journal.error('a stored release is damaged', { release: name });
    }
  }

  scriptOf(version: string): string {
    return join(this.folder, version, SCRIPT);
  }

  /** undefined: there is no such release, or its manifest is damaged. */
  async manifestOf(version: string): Promise<StoredManifest | undefined> {
    if (!relayVersion.safeParse(version).success) return undefined;
    try {
      const text = await readFile(join(this.folder, version, MANIFEST), 'utf8');
      const { data } = storedManifest.safeParse(parseJson(text));
      return data?.version === version ? data : undefined;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async all(): Promise<StoredManifest[]> {
    const names = await readdir(this.folder);
    const manifests = await Promise.all(names.map((name) => this.manifestOf(name)));
    return manifests.filter((manifest) => manifest !== undefined);
  }

  /** Whether a release may come. @throws ReleaseExists, TooManyReleases */
  async checkRoomFor({ version, sha256 }: { version: string; sha256: string }): Promise<void> {
    const there = await this.manifestOf(version);
    if (there && there.sha256 !== sha256) throw new ReleaseExists(version);
    if (!there && (await this.all()).length >= LIMITS.RELEASES) throw new TooManyReleases();
  }

  /** A new folder for a release that is still to be checked. */
  async makeDraft(): Promise<string> {
    const draft = this.notKept();
    await mkdir(draft, { mode: 0o700 });
    return draft;
  }

  /**
   * Gives a whole draft its place. Where the same script is there already the draft replaces it, so that a release can
   * be signed anew, or a damaged one mended.
   * @throws ReleaseExists, TooManyReleases
   */
  place(draft: string, manifest: StoredManifest): Promise<void> {
    return this.inTurn(async () => {
      await this.checkRoomFor(manifest);
      const place = join(this.folder, manifest.version);
      if (existsSync(place)) for (const name of [SCRIPT, MANIFEST]) await rename(join(draft, name), join(place, name));
      else await rename(draft, place);
      await syncFolder(existsSync(draft) ? place : this.folder);
    });
  }

  remove(version: string): Promise<void> {
    return this.inTurn(async () => {
      const gone = this.notKept();
      await rename(join(this.folder, version), gone);
      await this.clear(gone);
    });
  }

  clear(folder: string): Promise<void> {
    return rm(folder, { recursive: true, force: true });
  }

  private notKept(): string {
    return join(this.folder, `${NOT_KEPT}${randomUUID()}`);
  }

  private inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.last.then(change);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}
