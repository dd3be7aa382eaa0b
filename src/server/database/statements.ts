import type { EntityManager, ObjectLiteral, Repository } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity';

/** Inserts rows of which all columns are known: TypeORM's `insert` also reads what it has inserted. */
export async function insertWithoutReading<Row extends ObjectLiteral>(
  rows: Repository<Row>,
  values: readonly object[],
  { orIgnore = false } = {},
): Promise<void> {
  const copies = values.map((each) => ({ ...each })) as QueryDeepPartialEntity<Row>[];
  const query = rows.createQueryBuilder().insert().values(copies).updateEntity(false);
  await (orIgnore ? query.orIgnore() : query).execute();
}

/** For `find`: other transactions wait for these rows until this one ends. SQLite has only one transaction at a time. */
export const locking = (manager: EntityManager): { lock?: { mode: 'pessimistic_write' } } =>
  manager.connection.options.type === 'postgres' ? { lock: { mode: 'pessimistic_write' } } : {};
