import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { deviceId, instant } from '../../protocol/names';
import { readPrivate } from '../../tunnel/private-file';
import { replaceDurablySync } from '../durable-file';

const FILE = 'approvers.json';
const DAMAGED = 'approvers.damaged.json';

const passkey = z.object({
  /** base64url, as is `publicKey` (COSE, RFC 9052 7). */
  id: z.string(),
  publicKey: z.string(),
  counter: z.number(),
});
export type Passkey = z.infer<typeof passkey>;

const approver = z.object({
  id: z.uuid(),
  name: z.string(),
  /** As in pin.ts. */
  pin: z.string(),
  /** Devices that the approver may answer for; null: all. */
  devices: z.array(deviceId).nullable(),
  /** May also set access conditions of these devices; decided at the box when the approver is paired. */
  setsConditions: z.boolean().default(false),
  passkeys: z.array(passkey),
  pairedAt: instant,
});
export type Approver = z.infer<typeof approver>;

/** A paired browser. Its cookie holds a random token of which only the SHA-256 is stored. */
const phone = z.object({
  id: z.uuid(),
  approverId: z.uuid(),
  tokenHash: z.string(),
  /** Epoch milliseconds; after that, the phone is still paired but has to log in. */
  loginUntil: z.number(),
  /** Of the last login. */
  proof: z.enum(['pin', 'passkey']),
  /** Wrong PINs since the last right one. */
  wrongPins: z.int().nonnegative(),
});
export type Phone = z.infer<typeof phone>;

const stored = z.object({ version: z.literal(1), approvers: z.array(approver), phones: z.array(phone) });
export type StoredApprovers = Pick<z.infer<typeof stored>, 'approvers' | 'phones'>;

/** The file of approvers in the state folder (mode 0600). */
export class ApproverStore {
  readonly #file: string;

  constructor(
    private readonly folder: string,
    private readonly journal: Journal,
  ) {
    this.#file = join(folder, FILE);
  }

  /** Renames and logs a file that cannot be read; the agent then starts without approvers. */
  load(): StoredApprovers {
    mkdirSync(this.folder, { recursive: true });
    const text = readPrivate(this.#file);
    if (text === undefined) return { approvers: [], phones: [] };
    try {
      return stored.parse(JSON.parse(text));
    } catch {
      const file = join(this.folder, DAMAGED);
      renameSync(this.#file, file);
      this.journal.error('the stored approvers cannot be read; the file was renamed. Pair them again', { file });
      return { approvers: [], phones: [] };
    }
  }

  /** On disk when it returns. @throws the error of the file system; the file is unchanged then */
  save(approvers: StoredApprovers): void {
    replaceDurablySync(this.#file, JSON.stringify({ version: 1, ...approvers }));
  }
}
