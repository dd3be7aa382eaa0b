import { Injectable } from '@nestjs/common';
import { DataSource, In, type EntityManager, type ObjectLiteral, type SelectQueryBuilder } from 'typeorm';
import { databaseBytes, returnFreePages } from '../database/free-pages';
import type { RetentionRule } from './retention.rules';

/** Which rows of a rule are due: all that were over, or were stored, by a time. */
export interface Due {
  readonly by: 'over' | 'stored';
  readonly before: Date;
}

/** All SQL of retention. */
@Injectable()
export class RetentionRepository {
  constructor(private readonly database: DataSource) {}

  /** When the newest of the rows was stored that are more than `most`; undefined: there are not more. */
  async storedBeyond({ entity, stored }: RetentionRule, most: number): Promise<Date | undefined> {
    const rows = this.database.createQueryBuilder(entity, 'x').select(`x.${stored}`, 'at');
    const first = await rows.orderBy(`x.${stored}`, 'DESC').offset(most).limit(1).getRawOne<{ at: string | number }>();
    return first && new Date(Number(first.at));
  }

  /**
   * Deletes some of the rows that are due, oldest first, with their parts, in one transaction.
   * @returns how many; less than `most` if no more are due
   */
  deleteDue(rule: RetentionRule, due: Due, most: number): Promise<number> {
    return this.database.transaction(async (manager) => {
      const found = await this.due(manager, rule, due, most).getRawMany<{ id: string | number }>();
      const ids = found.map(({ id }) => id);
      if (ids.length === 0) return 0;
      for (const [entity, column] of rule.parts ?? []) await manager.delete(entity, { [column]: In(ids) });
      await manager.delete(rule.entity, { id: In(ids) });
      return ids.length;
    });
  }

  returnFreePages(): Promise<number> {
    return returnFreePages(this.database);
  }
  bytes(): Promise<number> {
    return databaseBytes(this.database);
  }

  private due(
    manager: EntityManager,
    { entity, stored, over, deletable }: RetentionRule,
    { by, before }: Due,
    most: number,
  ): SelectQueryBuilder<ObjectLiteral> {
    const parameters = { before: before.getTime(), now: Date.now() };
    const query = manager.createQueryBuilder(entity, 'x').select('x.id', 'id').where(`x.${stored} < :before`);
    if (by === 'over') query.andWhere(`x.${over} < :before`);
    for (const condition of deletable) query.andWhere(condition);
    return query.setParameters(parameters).orderBy(`x.${stored}`, 'ASC').limit(most);
  }
}
