import { createHmac, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const KEY_BYTES = 32;

/**
 * Makes the session IDs (S146, [0087]): 32 random bytes through HMAC-SHA-256 with the relay's own key, base64url.
 * The key makes an ID worthless as evidence of the random generator's state, and no other relay makes the same.
 */
export class SessionIds {
  private constructor(private readonly key: Buffer) {}

  /** Reads the key from the data folder, or makes it (mode 0600) on the first start. */
  static async load(folder: string): Promise<SessionIds> {
    const file = join(folder, 'session-id.key');
    const fresh = randomBytes(KEY_BYTES);
    // `wx`: two relays started on one folder must end up with the same key.
    await writeFile(file, fresh, { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    const key = await readFile(file);
    if (key.length !== KEY_BYTES)
      throw new Error(`${file} does not hold ${KEY_BYTES} bytes; remove it to make a new key`);
    return new SessionIds(key);
  }

  next(): string {
    return createHmac('sha256', this.key).update(randomBytes(32)).digest('base64url');
  }
}
