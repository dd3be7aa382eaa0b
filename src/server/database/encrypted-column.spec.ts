import { randomBytes } from 'node:crypto';
import { Column, DataSource, Entity, LessThan, PrimaryColumn } from 'typeorm';
import { Instant, Int64 } from './column-types';
import { Encrypted, unlockColumns } from './encrypted-column';

interface Secret {
  word: string;
}

@Entity('safes')
class Safe {
  @PrimaryColumn({ type: 'varchar' }) id: string;
  @Column(Encrypted<Secret>({ nullable: true })) first: Secret | null;
  @Column(Encrypted<Secret>({ nullable: true })) second: Secret | null;
  @Column(Instant({ nullable: true })) at: Date | null;
  @Column(Int64({ default: 0 })) size: number;
}

describe('columns', () => {
  let database: DataSource;
  const key = randomBytes(32);
  beforeEach(async () => {
    database = new DataSource({ type: 'sqlite', database: ':memory:', entities: [Safe], synchronize: true });
    await database.initialize();
    unlockColumns(database, key);
  });
  afterEach(() => database.destroy());

  const safes = () => database.getRepository(Safe);
  const stored = async (): Promise<{ first: string; second: string | null }> => {
    const rows: { first: string; second: string | null }[] = await database.query('SELECT first, second FROM safes');
    return rows[0]!;
  };
  const put = () => safes().save({ id: 'x', first: { word: 'sesame' }, second: null });

  it('that are encrypted return the stored value, and contain no plain text', async () => {
    await put();
    expect(await safes().findOneByOrFail({ id: 'x' })).toMatchObject({ first: { word: 'sesame' }, second: null });
    const { first, second } = await stored();
    expect(second).toBeNull();
    expect(first).toMatch(/^[\w-]+$/);
    expect(Buffer.from(first, 'base64url').toString('latin1')).not.toContain('sesame');
  });

  it('that are encrypted get a different ciphertext each time', async () => {
    await put();
    const before = (await stored()).first;
    await safes().update({ id: 'x' }, { first: { word: 'sesame' } });
    expect((await stored()).first).not.toBe(before);
  });

  it.each([
    ['a changed byte', 'first', (text: string) => `${text.slice(0, -2)}${text.endsWith('AA') ? 'BB' : 'AA'}`],
    ['a shortened value', 'first', (text: string) => text.slice(0, 20)],
    ['the value of another column', 'second', (text: string) => text],
  ])('that are encrypted cannot be decrypted with %s', async (_what, column, change) => {
    await put();
    await database.query(`UPDATE safes SET ${column} = ?`, [change((await stored()).first)]);
    await expect(safes().findOneByOrFail({ id: 'x' })).rejects.toThrow();
  });

  it('that are encrypted cannot be decrypted with another key, or without one', async () => {
    const locked = new DataSource({ type: 'sqlite', database: ':memory:', entities: [Safe], synchronize: true });
    await locked.initialize();
    await expect(locked.getRepository(Safe).save({ id: 'x', first: { word: 'a' } })).rejects.toThrow('unlocked');
    await put();
    const { first } = await stored();
    unlockColumns(locked, randomBytes(32));
    await locked.query(`INSERT INTO safes (id, first) VALUES ('x', ?)`, [first]);
    await expect(locked.getRepository(Safe).findOneByOrFail({ id: 'x' })).rejects.toThrow();
    await locked.destroy();
  });

  it('of instants and large integers keep their value, also in conditions', async () => {
    const at = new Date('2026-01-02T03:04:05.678Z');
    const later = new Date(at.getTime() + 1);
    await safes().save({ id: 'x', at, size: Number.MAX_SAFE_INTEGER });
    expect(await safes().findOneByOrFail({ at })).toMatchObject({ at, size: Number.MAX_SAFE_INTEGER });
    expect(await safes().countBy({ at: LessThan(at) })).toBe(0);
    expect(await safes().countBy({ at: LessThan(later) })).toBe(1);
    expect((await safes().update({ at: LessThan(at) }, { size: 1 })).affected).toBe(0);
    expect((await safes().delete({ at: LessThan(at) })).affected).toBe(0);
    expect((await safes().delete({ at: LessThan(later) })).affected).toBe(1);
  });
});
