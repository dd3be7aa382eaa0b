import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { PasswordsBusy } from '../auth.errors';

/** Parameters of scrypt (RFC 7914 2): number of blocks, block size, passes. */
interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}
/** For new hashes: 32 MB and three passes, as OWASP's password storage guidance recommends for scrypt. */
export const PASSWORD_COST: Cost = { N: 2 ** 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const PATTERN = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([\w-]+)\$([\w-]+)$/;

/** `scrypt$N$r$p$salt$key`, salt and key in base64url. It contains the cost, so that the cost can be raised later. */
export async function hashPassword(password: string, cost = PASSWORD_COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return encoded(cost, salt, await derive(password, salt, cost));
}

export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [, N, r, p, salt = '', key = ''] = PATTERN.exec(stored) ?? [];
  if (!key) throw new Error('stored password hash is damaged');
  const derived = await derive(password, Buffer.from(salt, 'base64url'), { N: Number(N), r: Number(r), p: Number(p) });
  const expected = Buffer.from(key, 'base64url');
  return derived.length === expected.length && timingSafeEqual(derived, expected);
}

/** Matches no password and takes as long to check as any other hash: its key is random. */
export const makeDecoyHash = (): string => encoded(PASSWORD_COST, randomBytes(SALT_BYTES), randomBytes(KEY_BYTES));

const encoded = ({ N, r, p }: Cost, salt: Buffer, key: Buffer): string =>
  ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$');

/** Normalizes first (RFC 8265 4.2): keyboards differ in the code points that they send for the same letter. */
function derive(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  const options = { ...cost, maxmem: 128 * 1024 * 1024 };
  return new Promise((resolve, reject) =>
    scrypt(password.normalize('NFC'), salt, KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key))),
  );
}

/** Each check occupies one of the four threads of Node's pool for a while, and the database needs threads, too. */
const AT_ONCE = 2;
const WAITING = 30;

/**
 * Hashes and checks passwords with bounded concurrency. Those of users who have proved something before wait separately and
 * are checked first, so that a flood of other logins does not hold them up.
 */
@Injectable()
export class Passwords {
  private running = 0;
  private readonly first: (() => void)[] = [];
  private readonly others: (() => void)[] = [];
  private readonly decoyHash = makeDecoyHash();

  /** @throws PasswordsBusy */
  hash(password: string): Promise<string> {
    return this.queued(() => hashPassword(password), true);
  }

  /**
   * @param stored undefined for an unknown user: checks the decoy hash, which takes the same time
   * @param isFirst whether it is checked before others that wait
   * @throws PasswordsBusy
   */
  async verify(password: string, stored: string | undefined, isFirst = false): Promise<boolean> {
    const right = await this.queued(() => verifyPassword(password, stored ?? this.decoyHash), isFirst);
    return right && stored !== undefined;
  }

  private async queued<Result>(work: () => Promise<Result>, isFirst: boolean): Promise<Result> {
    if (this.running >= AT_ONCE) {
      const waiting = isFirst ? this.first : this.others;
      if (waiting.length >= WAITING) throw new PasswordsBusy();
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else this.running += 1;
    try {
      return await work();
    } finally {
      const next = this.first.shift() ?? this.others.shift();
      if (next) next();
      else this.running -= 1;
    }
  }
}
