import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { secret } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import { readState, replaceDurably } from '../durable-file';

const FILE = 'agent-wake.json';
/** `next` is there from before a login until the server has accepted it. */
const stored = z.object({ key: secret.optional(), next: secret.optional() });
type Stored = z.infer<typeof stored>;

/**
 * The key that seals what wakes this agent, in the state folder, so that an agent that was restarted without a connection
 * to the server can be woken, too. Each login replaces it. Until the server has accepted the next key it may have either.
 */
export class WakeKeys {
  readonly #file: string;
  #current: Stored = {};

  constructor(
    folder: string,
    private readonly journal: Journal,
  ) {
    this.#file = join(folder, FILE);
  }

  async load(): Promise<void> {
    const text = await readState(this.#file);
    const known = text === undefined ? {} : stored.safeParse(parseJson(text)).data;
    if (known) this.#current = known;
    else this.journal.error('the wake key cannot be read; the next login replaces it', { file: this.#file });
  }

  /** The keys that the server may have. */
  get all(): Buffer[] {
    const { key, next } = this.#current;
    return [key, next].flatMap((each) => (each === undefined ? [] : [Buffer.from(each, 'base64url')]));
  }

  /** The key to announce. It is stored before the server learns it; if that fails, the present one stays. */
  async present(): Promise<string | undefined> {
    if (this.#current.next === undefined)
      await this.#store({ ...this.#current, next: randomBytes(32).toString('base64url') });
    return this.#current.next ?? this.#current.key;
  }

  /** The server has accepted the announced key. If that cannot be stored, the next login announces the same one. */
  async accepted(): Promise<void> {
    const { next } = this.#current;
    if (next !== undefined) await this.#store({ key: next });
  }

  async #store(changed: Stored): Promise<void> {
    try {
      await replaceDurably(this.#file, JSON.stringify(changed));
      this.#current = changed;
    } catch (error) {
      this.journal.error('the wake key cannot be stored', { detail: (error as Error).message });
    }
  }
}
