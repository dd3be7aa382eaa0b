import { releaseVersion } from '../../protocol/names';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { parseJson } from '../../protocol/parse-json';
import { releaseManifest, type ReleaseManifest } from '../../protocol/release';
import { sha256OfFile } from '../../tunnel/sha256';
import { readState, replaceDurably } from '../durable-file';
import { refusalOfUpdate, type UpdateFacts } from './update-refusal';

const STATE = 'agent-version.json';
const FOLDER = 'versions';
const SCRIPT = 'platen-agent.cjs';
const MANIFEST = 'manifest.json';
/** No version begins with it. */
const DRAFT = '.draft';

const versionState = z.object({
  /** null: the installed one. */
  current: releaseVersion.nullable(),
  /** Being tried; `starts` that it has had without coming online. */
  trial: z.object({ version: releaseVersion, starts: z.int().nonnegative() }).nullable(),
  /** The last one that was put back. */
  failed: z.object({ version: releaseVersion, detail: z.string() }).nullable(),
});
export type VersionState = z.infer<typeof versionState>;
const INSTALLED: VersionState = { current: null, trial: null, failed: null };

/**
 * Versions of the agent in its state folder: `versions/<version>` with script and manifest, and which of them runs. A folder gets
 * the name of a version only when its content is on the disk.
 */
export class AgentVersions {
  private readonly folder: string;
  private readonly stateFile: string;

  constructor(
    state: string,
    private readonly journal: Journal,
  ) {
    this.folder = join(state, FOLDER);
    this.stateFile = join(state, STATE);
  }

  async state(): Promise<VersionState> {
    const text = await readState(this.stateFile);
    if (text === undefined) return INSTALLED;
    const { data } = versionState.safeParse(parseJson(text));
    if (!data)
      this.journal.error('it cannot be read which version runs: the installed one does', { file: this.stateFile });
    return data ?? INSTALLED;
  }

  async setState(state: VersionState): Promise<void> {
    await replaceDurably(this.stateFile, JSON.stringify(state));
  }

  scriptOf(version: string): string {
    return join(this.folder, version, SCRIPT);
  }

  /** Where a script is downloaded to. An earlier draft is removed. */
  async newDraft(): Promise<string> {
    const draft = join(this.folder, DRAFT);
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft, { recursive: true, mode: 0o700 });
    return join(draft, SCRIPT);
  }

  /** Stores the draft, whose script has been compared with the manifest. */
  async place(manifest: ReleaseManifest): Promise<void> {
    const [draft, place] = [join(this.folder, DRAFT), join(this.folder, manifest.version)];
    await replaceDurably(join(draft, MANIFEST), JSON.stringify(manifest));
    await rm(place, { recursive: true, force: true });
    await rename(draft, place);
  }

  /** Why a stored version may not run; undefined: it is as it was signed. */
  async refusalOf(version: string, facts: UpdateFacts): Promise<string | undefined> {
    const text = await readFile(join(this.folder, version, MANIFEST), 'utf8').catch(() => '');
    const { data: manifest } = releaseManifest.safeParse(parseJson(text));
    if (manifest?.version !== version) return `version ${version} is not stored`;
    const refusal = refusalOfUpdate(manifest, facts);
    if (refusal !== undefined) return refusal;
    const sha256 = await sha256OfFile(this.scriptOf(version)).catch(() => '');
    return sha256 === manifest.sha256 ? undefined : `the script of version ${version} was changed after it was signed`;
  }

  /** Removes drafts and versions except for these. */
  async keepOnly(versions: readonly (string | null | undefined)[]): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.folder))
      if (!versions.includes(name)) await rm(join(this.folder, name), { recursive: true, force: true });
  }
}
