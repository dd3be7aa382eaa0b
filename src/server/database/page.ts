import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';

export interface Page<Row> {
  readonly rows: Row[];
  /** Cursor of the page that follows; null on the last one. */
  readonly next: string | null;
}

/**
 * One page of a list in the order of one unique column, newest or first; the cursor is the last row's value.
 * @param column name of a property of the entity, as in `u.username`
 */
export async function readPage<Row extends ObjectLiteral>(
  query: SelectQueryBuilder<Row>,
  column: string & keyof Row,
  order: 'ASC' | 'DESC',
  page: { limit: number; cursor?: string | number },
): Promise<Page<Row>> {
  const path = `${query.alias}.${column}`;
  query.orderBy(path, order).limit(page.limit + 1);
  if (page.cursor !== undefined)
    query.andWhere(`${path} ${order === 'ASC' ? '>' : '<'} :cursor`, { cursor: page.cursor });
  const found = await query.getMany();
  const rows = found.slice(0, page.limit);
  const last = rows.at(-1);
  return { rows, next: found.length > page.limit && last ? String(last[column]) : null };
}
