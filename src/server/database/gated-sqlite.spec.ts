import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { gateSqlite } from './gated-sqlite';

@Entity('notes')
class Note {
  @PrimaryColumn({ type: 'varchar' }) id: string;
  @Column({ type: 'integer', default: 0 }) value: number;
}

/** A promise that the test settles, to order the steps of two transactions. */
function signal() {
  let raise!: () => void;
  const raised = new Promise<void>((resolve) => (raise = resolve));
  return { raise, raised };
}

describe('transactions on SQLite', () => {
  let folder: string;
  let database: DataSource;
  const open = (busyTimeout = 5000) =>
    new DataSource({
      type: 'sqlite',
      database: join(folder, 'test.sqlite'),
      enableWAL: true,
      busyTimeout,
      entities: [Note],
      synchronize: true,
    });
  const ids = async () => (await database.getRepository(Note).find({ order: { id: 'ASC' } })).map((note) => note.id);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'platen-gate-'));
    database = open();
    gateSqlite(database);
    await database.initialize();
  });
  afterEach(async () => {
    await database.destroy();
    rmSync(folder, { recursive: true, force: true });
  });

  it('roll back their own writes, and no concurrent ones', async () => {
    const inside = signal();
    const rolledBack = database.transaction(async (manager) => {
      await manager.insert(Note, { id: 'theirs' });
      inside.raise();
      await manager.query('SELECT 1');
      throw new Error('undo');
    });
    await inside.raised;
    const others = ['a', 'b', 'c'].map((id) => database.getRepository(Note).insert({ id }));
    const saved = database.getRepository(Note).save({ id: 'd', value: 1 });
    await expect(rolledBack).rejects.toThrow('undo');
    await Promise.all([...others, saved]);
    expect(await ids()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('do not include a statement that was pending when they started', async () => {
    const repository = database.getRepository(Note);
    const rounds = Array.from({ length: 40 }, async (_, n) => {
      const id = `kept-${n}`;
      const written = repository.insert({ id }).then(() => id);
      const undone = database.transaction(async (manager) => {
        await manager.insert(Note, { id: `undone-${n}` });
        throw new Error('undo');
      });
      // a machine that needs 10 s for all of them refuses the last ones
      const [outcome] = await Promise.allSettled([written, undone]);
      return outcome.status === 'fulfilled' ? [outcome.value] : [];
    });
    const kept = (await Promise.all(rounds)).flat();
    expect(kept).toContain('kept-0');
    expect(await ids()).toEqual(kept.sort());
  });

  it('are invisible to others until they commit', async () => {
    const inside = signal();
    const committed = database.transaction(async (manager) => {
      await manager.insert(Note, { id: 'new' });
      inside.raise();
      await manager.query('SELECT 1');
    });
    await inside.raised;
    let done = false;
    const seen = ids().then((found) => ({ found, done }));
    await committed.then(() => (done = true));
    expect(await seen).toEqual({ found: ['new'], done: true });
  });

  it('lose no update when many read and write the same row', async () => {
    await database.getRepository(Note).insert({ id: 'counter', value: 0 });
    const increment = () =>
      database.transaction(async (manager) => {
        const { value } = await manager.findOneByOrFail(Note, { id: 'counter' });
        await manager.update(Note, { id: 'counter' }, { value: value + 1 });
      });
    await Promise.all(Array.from({ length: 30 }, increment));
    expect(await database.getRepository(Note).findOneBy({ id: 'counter' })).toMatchObject({ value: 30 });
  });

  it('may be nested; the inner one can be rolled back alone', async () => {
    await database.transaction(async (manager) => {
      await manager.insert(Note, { id: 'outer' });
      const inner = manager.transaction(async (nested) => {
        await nested.insert(Note, { id: 'inner' });
        throw new Error('undo');
      });
      await expect(inner).rejects.toThrow('undo');
    });
    expect(await ids()).toEqual(['outer']);
  });

  it('release the gate after one of their statements has failed', async () => {
    await database.getRepository(Note).insert({ id: 'same' });
    const twice = database.transaction((manager) => manager.insert(Note, { id: 'same' }));
    await expect(twice).rejects.toThrow('UNIQUE');
    await database.transaction((manager) => manager.insert(Note, { id: 'next' }));
    expect(await ids()).toEqual(['next', 'same']);
  });

  it('get the write lock when they start, so that another process cannot make their write fail', async () => {
    await database.getRepository(Note).insert({ id: 'counter', value: 1 });
    const other = open(50);
    await other.initialize();
    const theirs = await database.transaction(async (manager) => {
      const { value } = await manager.findOneByOrFail(Note, { id: 'counter' });
      const write = await other.query(`UPDATE notes SET value = 100`).catch((error: Error) => error.message);
      await manager.update(Note, { id: 'counter' }, { value: value + 1 });
      return write as unknown;
    });
    await other.destroy();
    expect(theirs).toContain('SQLITE_BUSY');
    expect(await database.getRepository(Note).findOneBy({ id: 'counter' })).toMatchObject({ value: 2 });
  });
});
