import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../../ormconfig';
import { AuditEventEntity } from '../auth/audit/audit-event.entity';
import { UserEntity } from '../auth/users/user.entity';
import { readConfig } from '../config/config';
import { gateSqlite } from './gated-sqlite';

const postgres = process.env.PLATEN_TEST_POSTGRES_URL;
if (!postgres) console.info('migrations on PostgreSQL are not tested: PLATEN_TEST_POSTGRES_URL is not set');

const folder = mkdtempSync(join(tmpdir(), 'platen-migrations-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const databases: [name: string, environment: Record<string, string>][] = [['SQLite', { PLATEN_DATA: folder }]];
if (postgres) databases.push(['PostgreSQL', { PLATEN_DATABASE_URL: postgres }]);

describe.each(databases)('migrations on %s', (_name, environment) => {
  let database: DataSource;
  beforeAll(async () => {
    database = new DataSource(dataSourceOptions(readConfig(environment)));
    gateSqlite(database);
    await database.initialize();
  });
  afterAll(() => database?.destroy());

  const undoAll = async () => {
    for (let left = database.migrations.length; left > 0; left -= 1) await database.undoLastMigration();
  };

  it('create the schema that the entities describe, and can be reverted', async () => {
    await database.runMigrations();
    const pending = await database.driver.createSchemaBuilder().log();
    expect(pending.upQueries.map(({ query }) => query)).toEqual([]);
    await undoAll();
    await database.runMigrations();
    expect(await database.showMigrations()).toBe(false);
  });

  it('make the audit trail append-only', async () => {
    const events = database.getRepository(AuditEventEntity);
    await events.insert({ at: new Date(), actor: 'ada', action: 'x.done', target: 'y', detail: '' });
    await expect(events.update({ actor: 'ada' }, { actor: 'bob' })).rejects.toThrow('append-only');
    await expect(events.delete({ actor: 'ada' })).rejects.toThrow('append-only');
    expect(await events.findOneByOrFail({ actor: 'ada' })).toMatchObject({ action: 'x.done', id: expect.any(Number) });
  });

  it('refuse a second user of the same name', async () => {
    const users = database.getRepository(UserEntity);
    const user = { username: 'ada', displayName: '', role: 'admin', passwordHash: '', createdAt: new Date() } as const;
    await users.insert({ ...user, id: '1' });
    await expect(users.insert({ ...user, id: '2' })).rejects.toThrow(/unique/i);
    await undoAll();
  });
});
