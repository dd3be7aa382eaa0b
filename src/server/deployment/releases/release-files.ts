import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { OnModuleInit } from '@nestjs/common';
import type { z } from 'zod';
import type { Journal } from '../../../journal/journal';
import { LIMITS } from '../../../protocol/limits';
import { instant, releaseVersion } from '../../../protocol/names';
import { parseJson } from '../../../protocol/parse-json';
import { releaseManifest, type ReleaseProduct } from '../../../protocol/release';
import { syncFolder } from '../../config/sync-folder';
import { ReleaseExists, TooManyReleases } from './releases.errors';

export const MANIFEST = 'manifest.json';
/** Prefix of the names of folders that hold a draft or a release being removed; a version never starts with it. */
const HIDDEN = '.';

export const storedManifest = releaseManifest.extend({ storedAt: instant });
export type StoredManifest = z.infer<typeof storedManifest>;

/** What is stored in a folder of releases. */
export interface ReleaseKind {
  readonly product: ReleaseProduct;
  /** Name of the script. */
  readonly script: string;
}
export const RELAY_RELEASES: ReleaseKind = { product: 'platen-relay', script: 'relay.cjs' };
export const AGENT_RELEASES: ReleaseKind = { product: 'platen-agent', script: 'platen-agent.cjs' };

/**
 * The releases of one product: a folder for each version, with script and manifest. A folder gets such a name only when its content is on the disk, and
 * loses it before the content is removed: what a crash leaves is recognised by its name.
 */
export class ReleaseFiles implements OnModuleInit {
  /** Changes of the folder run one after another. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly folder: string,
    readonly kind: ReleaseKind,
    private readonly journal: Journal,
  ) {}

  async onModuleInit(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await chmod(this.folder, 0o700);
    for (const name of await readdir(this.folder)) {
      if (name.startsWith(HIDDEN)) await this.clear(join(this.folder, name));
      else if (!(await this.manifestOf(name))) this.journal.error('a stored release is damaged', { release: name });
    }
  }

  scriptOf(version: string): string {
    return join(this.folder, version, this.kind.script);
  }

  /** undefined: there is no such release, or its manifest is damaged. */
  async manifestOf(version: string): Promise<StoredManifest | undefined> {
    if (!releaseVersion.safeParse(version).success) return undefined;
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

  /** @throws ReleaseExists, TooManyReleases */
  async checkRoomFor({ version, sha256 }: { version: string; sha256: string }): Promise<void> {
    const there = await this.manifestOf(version);
    if (there && there.sha256 !== sha256) throw new ReleaseExists(version);
    if (!there && (await this.all()).length >= LIMITS.RELEASES) throw new TooManyReleases();
  }

  /** A new folder for a release that has not been checked yet. */
  async makeDraft(): Promise<string> {
    const draft = this.hiddenFolder();
    await mkdir(draft, { mode: 0o700 });
    return draft;
  }

  /**
   * Gives a complete draft its final name. If the same script is already stored, the draft replaces it, so that a release can
   * be signed again, or a damaged one repaired.
   * @throws ReleaseExists, TooManyReleases
   */
  place(draft: string, manifest: StoredManifest): Promise<void> {
    return this.enqueue(async () => {
      await this.checkRoomFor(manifest);
      const place = join(this.folder, manifest.version);
      const names = [this.kind.script, MANIFEST];
      if (existsSync(place)) for (const name of names) await rename(join(draft, name), join(place, name));
      else await rename(draft, place);
      await syncFolder(existsSync(draft) ? place : this.folder);
    });
  }

  remove(version: string): Promise<void> {
    return this.enqueue(async () => {
      const gone = this.hiddenFolder();
      await rename(join(this.folder, version), gone);
      await this.clear(gone);
    });
  }

  clear(folder: string): Promise<void> {
    return rm(folder, { recursive: true, force: true });
  }

  private hiddenFolder(): string {
    return join(this.folder, `${HIDDEN}${randomUUID()}`);
  }

  private enqueue<T>(change: () => Promise<T>): Promise<T> {
    const result = this.last.then(change);
    this.last = result.catch(() => undefined);
    return result;
  }
}
