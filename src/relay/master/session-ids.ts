import { createHmac, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const KEY_BYTES = 32;

/**
 * Creates session IDs (S146, [0087]): HMAC-SHA-256 of 32 random bytes with the relay's own key, base64url. The key
 * ensures that an ID reveals nothing about the random generator's state and is unique to this relay.
 */
export class SessionIds {
  private constructor(private readonly key: Buffer) {}

  /** Reads the key from the data folder, or creates it (mode 0600) on the first start. */
  static async load(folder: string): Promise<SessionIds> {
    const file = join(folder, 'session-id.key');
    const fresh = randomBytes(KEY_BYTES);
    // `wx`: two relays started on one folder must end up with the same key.
    await writeFile(file, fresh, { flag: 'wx', mode: 0o600 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    const key = await readFile(file);
    if (key.length !== KEY_BYTES)
      throw new Error(`${file} must contain ${KEY_BYTES} bytes; delete it to create a new key`);
    return new SessionIds(key);
  }

  next(): string {
    return createHmac('sha256', this.key).update(randomBytes(32)).digest('base64url');
  }
}
