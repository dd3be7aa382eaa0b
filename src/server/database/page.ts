import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { ProblemError } from '../../protocol/problems';

export interface Page<Row> {
  readonly rows: Row[];
  /** Cursor of the next page; null on the last page. */
  readonly next: string | null;
}
export interface PageQuery {
  readonly limit: number;
  /** `next` of the previous page. */
  readonly cursor?: string;
}
/** PostgreSQL refuses to compare an integer column with a larger number. */
const INTEGER_MAX = 2 ** 31 - 1;

/** Names of one or two properties of an entity; the last one is unique. */
type Key<Row> =
  readonly [unique: string & keyof Row] | readonly [first: string & keyof Row, unique: string & keyof Row];

export class InvalidCursor extends ProblemError {
  constructor() {
    const errors = [{ path: 'cursor', message: 'must be `next` of an earlier page' }];
    super('invalid-request', 'The cursor is not valid.', errors);
  }
}

/**
 * Reads one page of a list by its key (keyset paging): rows that are added or removed between two pages neither shift
 * nor repeat the others. The cursor has the key of the last row, its parts joined by dots, instants in milliseconds.
 * @throws InvalidCursor
 */
export async function readPage<Row extends ObjectLiteral>(
  query: SelectQueryBuilder<Row>,
  key: Key<Row>,
  order: 'ASC' | 'DESC',
  { limit, cursor }: PageQuery,
): Promise<Page<Row>> {
  const names = key.map((column) => `${query.alias}.${column}`);
  for (const name of names) query.addOrderBy(name, order);
  if (cursor !== undefined) {
    const [one, two] = keyOf(query, key, cursor);
    const [first, second] = names;
    const after = order === 'ASC' ? '>' : '<';
    const where = `(${first} ${after} :one OR (${first} = :one AND ${second} ${after} :two))`;
    query.andWhere(second ? where : `${first} ${after} :one`, { one, two });
  }
  const found = await query.limit(limit + 1).getMany();
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return { rows, next: last && found.length > limit ? cursorOf(last, key) : null };
}

const cursorOf = <Row extends ObjectLiteral>(row: Row, key: Key<Row>): string =>
  key.map((column) => ((row[column] as unknown) instanceof Date ? Number(row[column]) : String(row[column]))).join('.');

/** The inverse of `cursorOf`; only the last part may contain dots. */
function keyOf<Row extends ObjectLiteral>(
  query: SelectQueryBuilder<Row>,
  key: Key<Row>,
  cursor: string,
): (string | number)[] {
  const dot = key.length === 1 ? -1 : cursor.indexOf('.');
  const parts = dot < 0 ? [cursor] : [cursor.slice(0, dot), cursor.slice(dot + 1)];
  if (parts.length !== key.length) throw new InvalidCursor();
  const columns = query.expressionMap.mainAlias!.metadata;
  return parts.map((part, index) => {
    const { type } = columns.findColumnWithPropertyName(key[index]!)!;
    if (type !== 'integer' && type !== 'bigint') return part;
    const value = /^\d{1,15}$/.test(part) ? Number(part) : Infinity;
    if (value > (type === 'integer' ? INTEGER_MAX : Number.MAX_SAFE_INTEGER)) throw new InvalidCursor();
    return value;
  });
}
