import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { Column, DataSource, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { BatchedWrites } from './batched-writes';
import { gateSqlite } from './gated-sqlite';

@Entity('notes')
class Note {
  @PrimaryColumn({ type: 'varchar' }) id: string;
  @Column({ type: 'integer', default: 0 }) value: number;
}

describe('batched writes', () => {
  let folder: string;
  let database: DataSource;
  let writes: BatchedWrites;
  let transactions: number;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'platen-batched-'));
    database = new DataSource({
      type: 'sqlite',
      database: join(folder, 'test.sqlite'),
      enableWAL: true,
      entities: [Note],
      synchronize: true,
    });
    gateSqlite(database);
    await database.initialize();
    writes = new BatchedWrites(database);
    transactions = 0;
    const transaction = database.transaction.bind(database) as (run: unknown) => Promise<unknown>;
    jest.spyOn(database, 'transaction').mockImplementation((run: unknown) => {
      transactions += 1;
      return transaction(run);
    });
  });
  afterEach(async () => {
    await database.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  const insert = (id: string) => async (manager: EntityManager) => {
    await manager.insert(Note, { id });
    return id;
  };
  const ids = async () => (await database.getRepository(Note).find({ order: { id: 'ASC' } })).map(({ id }) => id);

  it('run in few transactions, and each has its own result', async () => {
    const names = Array.from({ length: 120 }, (_, number) => `n${String(number).padStart(3, '0')}`);
    expect(await Promise.all(names.map((name) => writes.run(name, insert(name))))).toEqual(names);
    expect(await ids()).toEqual(names);
    expect(transactions).toBe(4); // the first one does not wait for others
  });

  it('are made before the server closes the database', async () => {
    const names = Array.from({ length: 120 }, (_, number) => `n${String(number).padStart(3, '0')}`);
    for (const name of names) void writes.run(name, insert(name));
    await writes.onModuleDestroy();
    expect(await ids()).toEqual(names);
  });

  it('of one agent run one after the other, in their order', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const order: string[] = [];
    const write = (name: string) => async (manager: EntityManager) => {
      order.push(`begin ${name}`);
      await manager.insert(Note, { id: name });
      order.push(`end ${name}`);
    };
    await Promise.all(names.map((name) => writes.run('one agent', write(name))));
    expect(order).toEqual(names.flatMap((name) => [`begin ${name}`, `end ${name}`]));
  });

  it('of one agent keep their order on PostgreSQL, too, where a transaction may take longer than the next one', async () => {
    const begun: (() => void)[] = [];
    const later = { options: { type: 'postgres' }, transaction: (write: () => Promise<number>) => slowly(write) };
    const slowly = async (write: () => Promise<number>) => {
      await new Promise<void>((begin) => begun.push(begin));
      return write();
    };
    const onPostgres = new BatchedWrites(later as unknown as DataSource);
    const order: string[] = [];
    const run = (agent: string, name: string) => onPostgres.run(agent, () => Promise.resolve(order.push(name)));
    const all = Promise.all([run('one agent', 'first'), run('one agent', 'second'), run('other agent', 'other')]);
    while (order.length < 3) {
      await turn();
      begun.pop()?.(); // the one that was asked for last begins first
    }
    await all;
    expect(order).toEqual(['other', 'first', 'second']);
  });

  it('do not fail because of each other', async () => {
    const fails = async (manager: EntityManager) => {
      await manager.insert(Note, { id: 'never' });
      throw new Error('refused');
    };
    const first = writes.run('a', insert('a'));
    const outcomes = await Promise.allSettled([
      first,
      writes.run('b', insert('b')),
      writes.run('f', fails),
      writes.run('c', insert('c')),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(await ids()).toEqual(['a', 'b', 'c']);
    await writes.run('d', insert('d'));
    expect(await ids()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('all fail when the database cannot begin a transaction', async () => {
    await database.destroy();
    const outcomes = await Promise.allSettled([writes.run('a', insert('a')), writes.run('b', insert('b'))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await database.initialize();
    await writes.run('c', insert('c'));
    expect(await ids()).toEqual(['c']);
  });
});
