import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** What scrypt takes (RFC 7914 2): blocks, their size, passes. */
interface Cost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}
/** 32 MB and three passes: what OWASP's password storage guidance asks of scrypt. */
const COST: Cost = { N: 2 ** 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const PATTERN = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([\w-]+)\$([\w-]+)$/;

/** `scrypt$N$r$p$salt$key`, salt and key in base64url; the cost stands in it, so that it can be raised later. */
export async function hashPassword(password: string, cost = COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return kept(cost, salt, await derive(password, salt, cost));
}

/** What nobody's password fits and takes as long to find out: the key is a random one. */
export const nobodysPassword = (): string => kept(COST, randomBytes(SALT_BYTES), randomBytes(KEY_BYTES));

export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const [, N, r, p, salt = '', key = ''] = PATTERN.exec(stored) ?? [];
  if (!key) throw new Error('stored password hash is damaged');
  const derived = await derive(password, Buffer.from(salt, 'base64url'), { N: Number(N), r: Number(r), p: Number(p) });
  const expected = Buffer.from(key, 'base64url');
  return derived.length === expected.length && timingSafeEqual(derived, expected);
}

const kept = ({ N, r, p }: Cost, salt: Buffer, key: Buffer): string =>
  ['scrypt', N, r, p, salt.toString('base64url'), key.toString('base64url')].join('$');

/** Normalized (RFC 8265 4.2), as one keyboard sends another sequence for the same letter than the next. */
function derive(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  const options = { ...cost, maxmem: 128 * 1024 * 1024 };
  return new Promise((resolve, reject) =>
    scrypt(password.normalize('NFC'), salt, KEY_BYTES, options, (error, key) => (error ? reject(error) : resolve(key))),
  );
}
