import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { installationResource } from '../../protocol/installation';
import { secret } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import { readState, replaceDurably } from '../durable-file';

const FILE = 'agent-installation.json';
/** `next` is there from before a login until the server has accepted it; a copy of an idle folder has none. */
const stored = z.object({ installationId: z.uuid(), continuation: secret, next: secret.optional() });
type Stored = z.infer<typeof stored>;
const freshSecret = (): string => randomBytes(32).toString('base64url');

/**
 * Identifies this installation at every login (protocol/installation.ts). It is in the state folder, apart from the
 * credentials. Each login changes it, so that a copy of the folder is outdated as soon as the original, or the copy, has
 * logged in.
 */
export class Installation {
  /** Of this process; never stored. */
  private readonly run = randomUUID();

  private constructor(
    private readonly file: string,
    private readonly journal: Journal,
    private current: Stored,
  ) {}

  /** Creates the installation if the state folder has none. @throws the error of the file system */
  static async load(folder: string, journal: Journal): Promise<Installation> {
    const file = join(folder, FILE);
    const text = await readState(file);
    const known = text === undefined ? undefined : stored.safeParse(parseJson(text)).data;
    if (known) return new Installation(file, journal, known);
    if (text !== undefined) journal.error('the installation cannot be read and is replaced by a new one', { file });
    const fresh = { installationId: randomUUID(), continuation: freshSecret() };
    await replaceDurably(file, JSON.stringify(fresh));
    return new Installation(file, journal, fresh);
  }

  /**
   * The resource to request. Stores what continues from this login, before the server learns it; if that cannot be stored,
   * the continuation does not change.
   */
  async present(): Promise<string> {
    if (this.current.next === undefined) await this.store({ ...this.current, next: freshSecret() });
    const { installationId, continuation, next = continuation } = this.current;
    return installationResource({ run: this.run, installationId, continuation, next });
  }

  /** The server has accepted what was presented. If that cannot be stored, the next login repeats this one. */
  async accepted(): Promise<void> {
    const { installationId, next } = this.current;
    if (next !== undefined) await this.store({ installationId, continuation: next });
  }

  private async store(next: Stored): Promise<void> {
    try {
      await replaceDurably(this.file, JSON.stringify(next));
      this.current = next;
    } catch (error) {
      this.journal.error('the installation cannot be stored', { detail: (error as Error).message });
    }
  }
}
