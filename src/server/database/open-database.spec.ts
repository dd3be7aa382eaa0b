import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../../ormconfig';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { smallFilesystem } from '../../../test/support/small-filesystem';
import { LIMITS } from '../../protocol/limits';
import { failureLine } from '../commands/failure-line';
import { prepareDataFolder } from '../config/data-folder';
import { readConfig } from '../config/config';
import { loadSecrets } from '../config/secrets';
import { nameDatabaseErrors } from './database-errors';
import { openDatabase } from './open-database';
import { StorageReserve } from './storage-reserve';

describe('a database', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-open-database-'));
  const config = readConfig({ PLATEN_DATA: folder });
  const file = join(folder, 'platen.sqlite');
  const good = join(folder, 'good.sqlite');
  const open = () => openDatabase(dataSourceOptions(config), loadSecrets(config));
  const changed = async (...statements: string[]) => {
    const database = await open();
    try {
      for (const statement of statements) await database.query(statement);
    } finally {
      await database.destroy();
    }
  };
  const refusal = async () => failureLine(await open().catch((reason: unknown) => reason));
  beforeAll(async () => {
    prepareDataFolder(folder);
    await changed();
    copyFileSync(file, good);
  });
  beforeEach(() => copyFileSync(good, file));
  afterAll(() => rmSync(folder, { recursive: true }));

  const removed =
    '(id varchar PRIMARY KEY, "scramSha1" text NOT NULL, "scramSha256" text NOT NULL, "removedAt" bigint NOT NULL';
  it.each([
    [
      'of a newer version',
      [`INSERT INTO migrations (timestamp, name) VALUES (9999, 'Later9999')`],
      /newer version of Platen \(Later9999\).*Upgrade/,
    ],
    ['without a table', ['DROP TABLE notices'], /no table notices.*Backup/],
    ['without a column', ['ALTER TABLE devices DROP COLUMN location'], /devices has no column location/],
    [
      'with a column that this version does not fill',
      ['DROP TABLE removed_agents', `CREATE TABLE removed_agents ${removed}, more text NOT NULL)`],
      /removed_agents has a column more/,
    ],
  ])('%s is refused by name', async (_what, statements, message) => {
    await changed(...statements);
    expect(await refusal()).toMatch(message);
  });

  it('with an index and a column of its owner is accepted', async () => {
    await changed('ALTER TABLE devices ADD COLUMN note text', 'CREATE INDEX own ON devices (name)');
    await (await open()).destroy();
  });

  it.each([
    ['is not one', () => writeFileSync(file, 'not a database, but long enough to be read as a header. '.repeat(99))],
    ['was overwritten', () => writeFileSync(file, readFileSync(file).fill(0x5a, 100, 60_000))],
  ])('whose file %s is damaged, and stays as it is', async (_what, damage) => {
    damage();
    const before = readFileSync(file);
    expect(await refusal()).toMatch(/platen\.sqlite is damaged \(SQLITE_(CORRUPT|NOTADB)\).*Backup and restore/);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  describe('without space left', () => {
    let database: DataSource;
    let isOccupied: boolean;
    const { journal, lines } = recordedJournal();
    const limit = (pages: number) => database.query(`PRAGMA max_page_count = ${pages}`);
    /** Its space is that of some pages. */
    const reserve = {
      occupy: () => Promise.resolve(isOccupied),
      release: async () => {
        isOccupied = false;
        await limit((await pages()) + 300);
      },
    };
    const pages = async () => (await database.query<[{ page_count: number }]>('PRAGMA page_count'))[0].page_count;
    const text = 'x'.repeat(10_000);
    const record = () =>
      database.query(
        `INSERT INTO audit_events (at, actor, action, target, detail) VALUES (1, 'a', 'b', 'c', '${text}')`,
      );
    const store = () =>
      database.query(`INSERT INTO customers (id, name, "createdAt") VALUES ('${randomUUID()}', '${randomUUID()}', 1)`);
    beforeEach(async () => {
      database = await open();
      await limit(1); // SQLite takes the present size
      isOccupied = true;
    });
    afterEach(async () => {
      await database.destroy();
      lines.splice(0);
    });

    it('ends are still recorded, and nothing new is stored, until there is space again', async () => {
      nameDatabaseErrors(database, journal, reserve);
      for (let n = 0; n < 50; n += 1) await record();
      expect(isOccupied).toBe(false);
      await expect(store()).rejects.toMatchObject({ code: 'storage-full' });
      const storing = database.transaction((manager) => manager.query(`INSERT INTO sites (id) VALUES ('x')`));
      await expect(storing).rejects.toMatchObject({ code: 'storage-full' });
      await record();
      isOccupied = true;
      await store();
      await store();
      expect(lines.map(({ msg }) => msg)).toEqual([
        'the database has no space left (SQLITE_FULL); free some',
        'the database has space again',
      ]);
    });

    it.each([
      ['without a reserve', undefined],
      ['when the reserve is used up', reserve],
    ])('%s, answers and the log say so', async (_when, its) => {
      nameDatabaseErrors(database, journal, its);
      const all = async () => {
        for (let n = 0; n < 500; n += 1) await record();
      };
      await expect(all()).rejects.toMatchObject({ code: 'storage-full' });
      await expect(all()).rejects.toMatchObject({ code: 'storage-full' });
      await database.query('SELECT 1');
      expect(lines.map(({ msg }) => msg)).toEqual(['the database has no space left (SQLITE_FULL); free some']);
    });
  });

  it('has a reserve of space beside it, and none on a full disk', async () => {
    const { journal, lines } = recordedJournal();
    await (await openDatabase(dataSourceOptions(config), loadSecrets(config), journal)).destroy();
    expect(statSync(join(folder, 'storage-reserve')).size).toBe(LIMITS.STORAGE_RESERVE_BYTES);
    expect(lines).toEqual([]);
    const disk = await smallFilesystem(4 * 1024);
    if (!disk) return;
    try {
      const small = new StorageReserve(disk.folder);
      expect(await small.occupy()).toBe(false);
      expect(readdirSync(disk.folder)).toEqual([]);
      expect(await new StorageReserve(folder).occupy()).toBe(true);
    } finally {
      await disk.remove();
    }
  });
});
