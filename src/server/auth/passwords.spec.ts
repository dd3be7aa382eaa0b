import { hashPassword, verifyPassword } from './password';
import { PasswordsBusy } from './auth.errors';
import { Passwords } from './passwords';

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};
const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

describe('passwords', () => {
  it('are kept as scrypt with a salt of their own and their cost', async () => {
    const [one, two] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
    expect(one).toMatch(/^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/);
    expect(one).not.toBe(two);
    expect(await verifyPassword('correct horse', one)).toBe(true);
    expect(await verifyPassword('correct horsf', one)).toBe(false);
  });

  it('are the same however a keyboard composes the letters', async () => {
    expect(await verifyPassword('u\u0308ber-geheim', await hashPassword('\u00fcber-geheim'))).toBe(true);
  });

  it('are checked at the cost they were kept with, so that it can be raised', async () => {
    const cheap = 'scrypt$1024$8$1$AAAAAAAAAAAAAAAAAAAAAA$' + 'A'.repeat(43);
    expect(await verifyPassword('x', cheap)).toBe(false);
    await expect(verifyPassword('x', 'plain')).rejects.toThrow('damaged');
  });

  it('take as long for a user who does not exist, and never fit', async () => {
    const passwords = new Passwords();
    const stored = await passwords.hash('correct horse');
    await passwords.verify('warm up', undefined);
    const unknown: number[] = [];
    const known: number[] = [];
    for (let n = 0; n < 5; n += 1) {
      known.push(await timed(async () => expect(await passwords.verify('guess', stored)).toBe(false)));
      unknown.push(await timed(async () => expect(await passwords.verify('guess', undefined)).toBe(false)));
    }
    // a path without scrypt would be hundreds of times faster; the rest is the noise of a busy machine
    expect(median(unknown) / median(known)).toBeGreaterThan(0.3);
    expect(median(unknown) / median(known)).toBeLessThan(3);
  });

  it('are refused when too many wait, and checked again afterwards', async () => {
    const passwords = new Passwords();
    const cheap = 'scrypt$1024$8$1$AAAAAAAAAAAAAAAAAAAAAA$' + 'A'.repeat(43);
    await passwords.verify('warm up', cheap);
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => passwords.verify('x', cheap)));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(50 - 32);
    expect(refused[0]?.reason).toBeInstanceOf(PasswordsBusy);
    expect(await passwords.verify('x', cheap)).toBe(false);
  });
});
