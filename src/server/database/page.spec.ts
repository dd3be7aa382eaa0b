import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import { Instant } from './column-types';
import { readPage, type PageQuery } from './page';

@Entity('notes')
class Note {
  @PrimaryColumn({ type: 'varchar' }) id: string;
  @Column({ type: 'integer', unique: true }) number: number;
  @Column(Instant()) at: Date;
}

describe('keyset paging', () => {
  let database: DataSource;
  beforeAll(async () => {
    database = await new DataSource({
      type: 'sqlite',
      database: ':memory:',
      entities: [Note],
      synchronize: true,
    }).initialize();
    const notes = ['a', 'b', 'c.d', 'e', 'f'].map((id, index) => ({
      id,
      number: index + 1,
      at: new Date(1_000 * Math.floor(index / 2)),
    }));
    await database.getRepository(Note).insert(notes);
  });
  afterAll(() => database.destroy());

  const notes = () => database.getRepository(Note).createQueryBuilder('n');
  /** All pages, each as its IDs. */
  const pages = async (read: (query: PageQuery) => ReturnType<typeof readPage<Note>>, limit: number) => {
    const found: string[] = [];
    for (let cursor: string | undefined | null; cursor !== null;) {
      const page = await read({ limit, cursor });
      found.push(page.rows.map(({ id }) => id).join(' '));
      cursor = page.next;
    }
    return found;
  };

  it('reads each row once, even if several have the same time', async () => {
    expect(await pages((query) => readPage(notes(), ['at', 'id'], 'DESC', query), 2)).toEqual(['f e', 'c.d b', 'a']);
    expect(await pages((query) => readPage(notes(), ['at', 'id'], 'ASC', query), 1)).toEqual('a b c.d e f'.split(' '));
  });

  it('supports a single unique column, text or number', async () => {
    expect(await pages((query) => readPage(notes(), ['id'], 'ASC', query), 3)).toEqual(['a b c.d', 'e f']);
    expect(await pages((query) => readPage(notes(), ['number'], 'DESC', query), 4)).toEqual(['f e c.d b', 'a']);
  });

  it('combines with the conditions of the query', async () => {
    const read = (query: PageQuery) =>
      readPage(notes().where('n.id > :from', { from: 'b' }), ['at', 'id'], 'ASC', query);
    expect(await pages(read, 2)).toEqual(['c.d e', 'f']);
  });

  it('continues after a row that was removed meanwhile', async () => {
    const { next } = await readPage(notes(), ['at', 'id'], 'DESC', { limit: 1 });
    await database.getRepository(Note).delete({ id: 'f' });
    const { rows } = await readPage(notes(), ['at', 'id'], 'DESC', { limit: 1, cursor: next! });
    expect(rows.map(({ id }) => id)).toEqual(['e']);
  });

  it.each([
    ['no instant', ['at', 'id'], 'x.a'],
    ['one part of two', ['at', 'id'], '1000'],
    ['an instant out of range', ['at', 'id'], `${'9'.repeat(16)}.a`],
    ['nothing', ['number'], ''],
    ['a fractional number', ['number'], '1.5'],
    ['a number out of the range of the column', ['number'], '2147483648'],
  ] as const)('refuses a cursor with %s', async (_, key, cursor) => {
    const refused = { code: 'invalid-request', errors: [expect.objectContaining({ path: 'cursor' })] };
    await expect(readPage(notes(), key, 'DESC', { limit: 1, cursor })).rejects.toMatchObject(refused);
  });
});
