import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type Table, type TableColumn } from 'typeorm';
import { dataSourceOptions } from '../../../ormconfig';
import { newDatabase } from '../../../test/support/server/new-database';
import { AuditEventEntity } from '../auth/audit/audit-event.entity';
import { UserEntity } from '../auth/users/user.entity';
import { readConfig } from '../config/config';
import { gateSqlite } from './gated-sqlite';

const folder = mkdtempSync(join(tmpdir(), 'platen-migrations-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(['SQLite', 'PostgreSQL'])('migrations on %s', (name) => {
  let database: DataSource;
  beforeAll(async () => {
    const environment = name === 'SQLite' ? { PLATEN_DATA: folder } : { PLATEN_DATABASE_URL: await newDatabase() };
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
    await undoAll();
  });

  it('keep what is stored, one by one, and restore the earlier schema when they are reverted', async () => {
    const filled = new FilledTables(database);
    const all = [...database.migrations];
    const useFirst = (count: number) => database.migrations.splice(0, Infinity, ...all.slice(0, count));
    const schemas: object[] = [];
    for (let count = 0; count < all.length; count += 1) {
      schemas.push(await filled.schema());
      await filled.fill();
      useFirst(count + 1);
      await database.runMigrations();
      await filled.expectRows();
      await database.undoLastMigration();
      expect(await filled.schema()).toEqual(schemas[count]);
      await filled.expectRows();
      await database.runMigrations();
    }
    await filled.fill();
    while (schemas.length > 0) {
      await database.undoLastMigration();
      expect(await filled.schema()).toEqual(schemas.pop());
      await filled.expectRows();
    }
    useFirst(all.length);
  });

  it('let agents announce the devices that they had announced, and no others', async () => {
    const all = [...database.migrations];
    const before = all.findIndex((each) => each.constructor.name.startsWith('NamedDevices'));
    database.migrations.splice(0, Infinity, ...all.slice(0, before));
    await database.runMigrations();
    for (const [id, deviceIds] of [
      ['hall', 'NULL'],
      ['yard', 'NULL'],
      ['named', `'["x-*"]'`],
    ])
      await database.query(
        `INSERT INTO agents (id, "scramSha1", "scramSha256", "createdAt", "deviceIds") VALUES ('${id}', '{}', '{}', 1, ${deviceIds})`,
      );
    const texts = ['name', 'kind', 'model', '"serialNumber"', 'location', 'applications', 'operations'];
    for (const id of ['b', 'a'])
      await database.query(
        `INSERT INTO devices (id, "agentId", "announcedAt", ${texts.join()}) VALUES ('${id}', 'hall', 1, ${texts.map(() => `''`).join()})`,
      );
    database.migrations.splice(0, Infinity, ...all);
    await database.runMigrations();
    const stored: object[] = await database.query('SELECT id, "deviceIds" AS ids FROM agents ORDER BY id');
    expect(stored).toEqual([
      { id: 'hall', ids: '["a","b"]' },
      { id: 'named', ids: '["x-*"]' },
      { id: 'yard', ids: '[]' },
    ]);
    await undoAll();
  });

  it('make the audit trail append-only', async () => {
    await database.runMigrations();
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

type Row = Record<string, unknown>;

/** Rows in every table of a schema, whichever tables and columns it has. */
class FilledTables {
  private rows = 0;
  /** Of each table, the rows that have a value in every column. */
  private readonly complete = new Map<string, Row[]>();
  /** The columns that each table had when rows were inserted. */
  private readonly filled = new Map<string, string>();

  constructor(private readonly database: DataSource) {}

  /**
   * Inserts two rows into each table that is new or has other columns now: one with a value in every column, one with null
   * where a column permits it.
   */
  async fill(): Promise<void> {
    for (const { name, columns } of await this.tables()) {
      const described = JSON.stringify(columns.map((each) => [each.name, each.type, each.isNullable]));
      if (this.filled.get(name) === described) continue;
      this.filled.set(name, described);
      const row = await this.insert(name, columns);
      this.complete.set(name, [...(this.complete.get(name) ?? []), row]);
      await this.insert(
        name,
        columns.filter(({ isNullable }) => !isNullable),
      );
    }
  }

  /** The complete rows are there, in all columns that have existed since they were inserted; others are forgotten. */
  async expectRows(): Promise<void> {
    const tables = await this.names();
    for (const [name, rows] of this.complete) {
      if (!tables.includes(name)) {
        this.complete.delete(name);
        this.filled.delete(name);
        continue;
      }
      const stored: Row[] = await this.database.query(`SELECT * FROM ${name}`);
      const columns = Object.keys(stored[0] ?? {});
      const kept = rows.map((row) => Object.fromEntries(Object.entries(row).filter(([key]) => columns.includes(key))));
      this.complete.set(name, kept);
      expect(stored).toEqual(expect.arrayContaining(kept.map((row): unknown => expect.objectContaining(row))));
    }
  }

  async schema(): Promise<object> {
    const byName = (one: { name?: string }, other: { name?: string }) => (one.name! < other.name! ? -1 : 1);
    return (await this.tables()).sort(byName).map(({ name, columns, indices }) => ({
      name,
      columns: columns
        .map((each) => ({ name: each.name, type: each.type, length: each.length, isNullable: each.isNullable }))
        .sort(byName),
      indices: indices.map((each) => ({ ...each, table: undefined, columnNames: [...each.columnNames] })).sort(byName),
    }));
  }

  private async names(): Promise<string[]> {
    const names: { name: string }[] = await this.database.query(
      this.database.options.type === 'postgres'
        ? `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()`
        : `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`,
    );
    return names.map(({ name }) => name).filter((name) => name !== 'migrations');
  }

  private async tables(): Promise<Table[]> {
    const runner = this.database.createQueryRunner();
    const own = await this.names();
    const tables = own.length > 0 ? await runner.getTables(own) : [];
    await runner.release();
    return tables.map((table) => Object.assign(table, { name: table.name.split('.').pop() }));
  }

  private async insert(table: string, columns: readonly TableColumn[]): Promise<Row> {
    const given = columns.filter(({ isGenerated }) => !isGenerated);
    const value = ({ type, length }: TableColumn): unknown => {
      const number = (this.rows += 1);
      if (type === 'boolean') return this.database.options.type === 'postgres' ? false : 0;
      if (type === 'integer') return number;
      if (type === 'bigint') return this.database.options.type === 'postgres' ? String(number) : number;
      return String(number).padStart(Math.min(Number(length || 10), 10), '0');
    };
    const row = Object.fromEntries(given.map((column) => [column.name, value(column)]));
    const names = Object.keys(row).map((name) => `"${name}"`);
    const places = names.map((_, at) => (this.database.options.type === 'postgres' ? `$${at + 1}` : '?'));
    await this.database.query(`INSERT INTO ${table} (${names.join()}) VALUES (${places.join()})`, Object.values(row));
    return row;
  }
}
