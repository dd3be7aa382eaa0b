import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataSourceOptions } from '../../../ormconfig';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { failureLine } from '../commands/failure-line';
import { prepareDataFolder } from '../config/data-folder';
import { readConfig } from '../config/config';
import { loadSecrets } from '../config/secrets';
import { openDatabase } from './open-database';

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

  it('without space left says so, also in the log, and that it has space again', async () => {
    const { journal, lines } = recordedJournal();
    const database = await openDatabase(dataSourceOptions(config), loadSecrets(config), journal);
    const add = (target: string) =>
      database.query(
        `INSERT INTO audit_events (at, actor, action, target, detail) VALUES (1, 'a', 'b', '${target}', '')`,
      );
    try {
      await database.query('PRAGMA max_page_count = 1'); // SQLite takes the present size
      const outcome = async () => {
        for (let n = 0; n < 500; n += 1) await add('x'.repeat(200));
      };
      await expect(outcome()).rejects.toMatchObject({ code: 'storage-full' });
      await expect(outcome()).rejects.toMatchObject({ code: 'storage-full' });
      await database.query('SELECT 1');
      await database.query('PRAGMA max_page_count = 100000');
      await add('y');
      expect(lines.map(({ msg }) => msg)).toEqual([
        'the database has no space left (SQLITE_FULL); free some',
        'the database has space again',
      ]);
    } finally {
      await database.destroy();
    }
  });
});
