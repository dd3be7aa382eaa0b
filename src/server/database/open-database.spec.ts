import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../../ormconfig';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { databaseAt, newDatabase } from '../../../test/support/server/new-database';
import { smallFilesystem } from '../../../test/support/small-filesystem';
import { LIMITS } from '../../protocol/limits';
import { failureLine } from '../commands/failure-line';
import { prepareDataFolder } from '../config/data-folder';
import { readConfig, type Config } from '../config/config';
import { loadSecrets } from '../config/secrets';
import { hasSpace, nameDatabaseErrors } from './database-errors';
import { openDatabase } from './open-database';
import { StorageReserve } from './storage-reserve';

describe('a database of SQLite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-open-database-'));
  const config = readConfig({ PLATEN_DATA: folder });
  const file = join(folder, 'platen.sqlite');
  const good = join(folder, 'good.sqlite');
  const open = () => openDatabase(dataSourceOptions(config), loadSecrets(config));
  const refusal = async () => failureLine(await open().catch((reason: unknown) => reason));
  beforeAll(async () => {
    prepareDataFolder(folder);
    await (await open()).destroy();
    copyFileSync(file, good);
  });
  beforeEach(() => copyFileSync(good, file));
  afterAll(() => rmSync(folder, { recursive: true }));

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
      expect(await hasSpace(database)).toBe(false);
      isOccupied = true;
      await store();
      await store();
      expect(await hasSpace(database)).toBe(true);
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

describe.each(['SQLite', 'PostgreSQL'])('a schema on %s', (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-schema-'));
  const file = join(folder, 'platen.sqlite');
  const isSqlite = name === 'SQLite';
  let config: Config;
  let original: string;
  beforeAll(async () => {
    prepareDataFolder(folder);
    original = isSqlite ? join(folder, 'original.sqlite') : await newDatabase();
    config = readConfig({ PLATEN_DATA: folder, ...(!isSqlite && { PLATEN_DATABASE_URL: original }) });
    await (await open()).destroy();
    if (isSqlite) copyFileSync(file, original);
  });
  beforeEach(async () => {
    if (isSqlite) copyFileSync(original, file);
    else config = readConfig({ PLATEN_DATA: folder, PLATEN_DATABASE_URL: await databaseAt(original, original) });
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const open = () => openDatabase(dataSourceOptions(config), loadSecrets(config));
  const change = async (statements: readonly string[]) => {
    const database = await open();
    try {
      for (const statement of statements) await database.query(statement);
    } finally {
      await database.destroy();
    }
  };
  /** With other columns, as each database can. */
  const removedAgents = (columns: string) => ['DROP TABLE removed_agents', `CREATE TABLE removed_agents (${columns})`];
  const ID = 'id varchar(64) NOT NULL';
  const REST = '"scramSha1" text NOT NULL, "scramSha256" text NOT NULL, "removedAt" bigint NOT NULL';
  const withoutTrigger = isSqlite
    ? 'DROP TRIGGER audit_events_no_delete'
    : 'ALTER TABLE audit_events DISABLE TRIGGER audit_events_append_only';

  it.each<[string, string[], RegExp]>([
    [
      'of a newer version',
      [`INSERT INTO migrations (timestamp, name) VALUES (9999, 'Later9999')`],
      /newer version of Platen \(Later9999\).*Upgrade/,
    ],
    ['without a table', ['DROP TABLE notices'], /changed: there is no table notices\..*Changed schema/],
    ['without a column', ['ALTER TABLE devices DROP COLUMN location'], /changed: devices has no column location\./],
    [
      'with a column that this version does not fill',
      removedAgents(`${ID} PRIMARY KEY, ${REST}, more text NOT NULL`),
      /changed: removed_agents has a column more that/,
    ],
    [
      'with a column of another type',
      removedAgents(`${ID} PRIMARY KEY, ${REST.replace('bigint', 'integer')}`),
      /changed: removed_agents\.removedAt is integer instead of bigint\./,
    ],
    [
      'with a shorter column',
      removedAgents(`${ID.replace('64', '8')} PRIMARY KEY, ${REST}`),
      /changed: removed_agents\.id is .*\(8\) instead of .*\(64\)\./,
    ],
    [
      'with a column that may be empty',
      removedAgents(`${ID} PRIMARY KEY, ${REST.replace('text NOT NULL', 'text')}`),
      /changed: removed_agents\.scramSha1 may be empty\./,
    ],
    [
      'without a primary key',
      removedAgents(`${ID}, ${REST}`),
      /changed: the primary key of removed_agents is \(\) instead of \(id\)\./,
    ],
    [
      'without an index',
      ['DROP INDEX ix_devices_agent'],
      /changed: there is no index ix_devices_agent on devices \(agentId\)\./,
    ],
    [
      'with an index on other columns',
      ['DROP INDEX ix_devices_agent', 'CREATE INDEX ix_devices_agent ON devices (name)'],
      /there is the index ix_devices_agent on devices \(name\) instead of the index ix_devices_agent on devices \(agentId\)\./,
    ],
    [
      'with names that need not be unique any more',
      ['DROP INDEX ux_users_username', 'CREATE INDEX ux_users_username ON users (username)'],
      /there is the index ux_users_username on users \(username\) instead of the unique index/,
    ],
    [
      'with an index of some rows only',
      ['DROP INDEX ux_users_username', 'CREATE UNIQUE INDEX ux_users_username ON users (username) WHERE active'],
      /there is the unique index ux_users_username on users \(username\) where .*active.* instead of/,
    ],
    [
      'with columns that have to be unique',
      ['CREATE UNIQUE INDEX own ON devices (name, location)'],
      /changed: devices \(location, name\) is unique, which this version does not know\./,
    ],
    ['whose audit trail can be changed', [withoutTrigger], /changed: audit_events has no trigger audit_events_/],
    [
      'with many changes',
      ['notices', 'denials', 'half_logs', 'session_steps', 'devices', 'sites', 'customers'].map(
        (table) => `DROP TABLE ${table}`,
      ),
      /; and 2 more\. Undo/,
    ],
  ])('%s is refused by name', async (_what, statements, message) => {
    await change(statements);
    expect(failureLine(await open().catch((reason: unknown) => reason))).toMatch(message);
  });

  it('with an index and a column of its owner is accepted', async () => {
    await change(['ALTER TABLE devices ADD COLUMN note text', 'CREATE INDEX own ON devices (name)']);
    await (await open()).destroy();
  });
});
