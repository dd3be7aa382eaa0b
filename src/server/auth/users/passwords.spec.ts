import crypto from 'node:crypto';
import { PasswordsBusy } from '../auth.errors';
import { hashPassword, Passwords, verifyPassword } from './passwords';

const CHEAP = 'scrypt$1024$8$1$AAAAAAAAAAAAAAAAAAAAAA$' + 'A'.repeat(43);

describe('passwords', () => {
  it('are stored as scrypt with their own salt and their cost', async () => {
    const [one, two] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
    expect(one).toMatch(/^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/);
    expect(one).not.toBe(two);
    expect(await verifyPassword('correct horse', one)).toBe(true);
    expect(await verifyPassword('correct horsf', one)).toBe(false);
  });

  it('match regardless of how a keyboard composes the letters', async () => {
    expect(await verifyPassword('u\u0308ber-geheim', await hashPassword('\u00fcber-geheim'))).toBe(true);
  });

  it('are checked at the cost they were stored with, so that the cost can be raised', async () => {
    expect(await verifyPassword('x', CHEAP)).toBe(false);
    await expect(verifyPassword('x', 'plain')).rejects.toThrow('damaged');
  });

  it('of an unknown user are checked at the same cost, and never match', async () => {
    const passwords = new Passwords();
    const stored = await passwords.hash('correct horse');
    const scrypt = jest.spyOn(crypto, 'scrypt');
    try {
      expect(await passwords.verify('guess', stored)).toBe(false);
      expect(await passwords.verify('guess', undefined)).toBe(false);
      const [known, unknown] = scrypt.mock.calls.map(([password, salt, keyBytes, cost]) => {
        return { password, saltBytes: (salt as Buffer).length, keyBytes, cost };
      });
      expect(unknown).toEqual(known);
    } finally {
      scrypt.mockRestore();
    }
  });

  it('are refused while too many checks are queued, and accepted afterwards', async () => {
    const passwords = new Passwords();
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => passwords.verify('x', CHEAP)));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(50 - 32);
    expect(refused[0]?.reason).toBeInstanceOf(PasswordsBusy);
    expect(await passwords.verify('x', CHEAP)).toBe(false);
  });

  it('of users who have proved something are checked first, however many others wait', async () => {
    const passwords = new Passwords();
    const order: string[] = [];
    /** Notes when its check begins: two run at a time, and either may end first. */
    const password = (name: string): string => ({ normalize: () => (order.push(name), 'x') }) as unknown as string;
    const check = (name: string, isFirst: boolean) =>
      passwords.verify(password(name), CHEAP, isFirst).catch(() => undefined);
    const flood = Array.from({ length: 50 }, (_, n) => check(`flood ${n}`, false));
    await Promise.all([...flood, check('first', true)]);
    // two were being checked already
    expect(order.indexOf('first')).toBe(2);
    expect(order).toHaveLength(33);
  });
});
