import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { pageProblem } from '../panel/page-http';

/** 32 MB and three passes, as OWASP's password storage guidance recommends for scrypt (RFC 7914). */
const COST = { N: 2 ** 15, r: 8, p: 3 };
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const PATTERN = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([\w-]+)\$([\w-]+)$/;
const DISTINCT_DIGITS = 4;

/** Whether a PIN is among those that people guess first: few digits, a part repeated, or a run such as 345678. */
export function isTrivialPin(pin: string): boolean {
  const digits = [...pin].map(Number);
  const steps = new Set(digits.slice(1).map((digit, index) => (digit - digits[index]! + 10) % 10));
  return new Set(digits).size < DISTINCT_DIGITS || steps.size === 1 || /^(\d+)\1+$/.test(pin);
}

/** `scrypt$N$r$p$salt$key`, salt and key in base64url. @throws PageProblem overloaded */
export async function hashPin(pin: string, cost = COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(pin, salt, cost);
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$');
}

/** @throws PageProblem overloaded */
export async function isPin(pin: string, hash: string): Promise<boolean> {
  const [, N, r, p, salt = '', key = ''] = PATTERN.exec(hash) ?? [];
  const expected = Buffer.from(key, 'base64url');
  if (expected.length !== KEY_BYTES) throw new Error('the stored hash of a PIN is damaged');
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  return timingSafeEqual(await derive(pin, Buffer.from(salt, 'base64url'), cost), expected);
}

/** Each derivation occupies one of the four threads of Node's pool. */
const AT_ONCE = 2;
const WAITING = 16;
let running = 0;
const waiting: (() => void)[] = [];

async function derive(pin: string, salt: Buffer, cost: typeof COST): Promise<Buffer> {
  if (running >= AT_ONCE) {
    if (waiting.length >= WAITING) throw pageProblem('overloaded', 'too many PINs are being checked; try again', 2);
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else running += 1;
  try {
    return await new Promise<Buffer>((resolve, reject) =>
      scrypt(pin, salt, KEY_BYTES, { ...cost, maxmem: 128 * 1024 * 1024 }, (error, key) =>
        error ? reject(error) : resolve(key),
      ),
    );
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}
