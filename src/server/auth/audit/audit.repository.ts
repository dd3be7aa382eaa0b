import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Brackets, In, LessThanOrEqual, MoreThan, Repository, type EntityManager } from 'typeorm';
import { StorageFull } from '../../database/database-errors';
import { ColumnUnreadable } from '../../database/encrypted-column';
import { readPage, type Page, type PageQuery } from '../../database/page';
import { insertWithoutReading, locking } from '../../database/statements';
import { toInstant } from '../../../protocol/names';
import { AuditChainEntity } from './audit-chain.entity';
import { CHAIN_START, chainHash, storable, type ChainedContent, type ChainHead } from './audit-chain';
import { AuditEventEntity } from './audit-event.entity';

/** How entries name someone: as the actor, and as the target. */
export interface AuditNames {
  readonly actor: string;
  readonly target: string;
}
/** Which entries are exported: those that have all of it. */
export interface AuditFilter {
  readonly actor?: string;
  /** An action, or the beginning of one up to its dot: `session`. */
  readonly action?: string;
  readonly target?: string;
  readonly from?: Date;
  readonly until?: Date;
}
export type NewAuditEvent = Omit<AuditEventEntity, 'id' | 'hash'>;

const ROW = { id: 1 };

@Injectable()
export class AuditRepository {
  private appending: Promise<void> = Promise.resolve();

  constructor(@InjectRepository(AuditEventEntity) private readonly events: Repository<AuditEventEntity>) {}

  /** One after the other: each entry follows the one before it, and those that wait would occupy all connections. */
  append(event: NewAuditEvent): Promise<void> {
    const write = () => this.events.manager.transaction((manager) => this.appendIn(manager, event));
    const appended = this.appending.then(() =>
      // the first one that finds no space has made some: database-errors
      write().catch((error: unknown) => {
        if (error instanceof StorageFull) return write();
        throw error;
      }),
    );
    this.appending = appended.catch(() => undefined);
    return appended;
  }

  /** @param of only entries with this actor or this target */
  page(query: PageQuery, of?: AuditNames): Promise<Page<AuditEventEntity>> {
    const rows = this.events.createQueryBuilder('e');
    if (of) rows.andWhere('(e.actor = :actor OR e.target = :target)', of);
    return readPage(rows, ['id'], 'DESC', query);
  }

  /** Entries with this name as their target, or their actor, and one of these actions. */
  pageOf(
    query: PageQuery,
    name: string,
    { asTarget, asActor }: { asTarget: readonly string[]; asActor: readonly string[] },
  ): Promise<Page<AuditEventEntity>> {
    const rows = this.events
      .createQueryBuilder('e')
      .where(
        new Brackets((either) =>
          either.where({ target: name, action: In([...asTarget]) }).orWhere({ actor: name, action: In([...asActor]) }),
        ),
      );
    return readPage(rows, ['id'], 'DESC', query);
  }

  /** Entries behind one, oldest first. */
  async after(id: number, most: number): Promise<AuditEventEntity[]> {
    return this.events.find({ where: { id: MoreThan(id) }, order: { id: 'ASC' }, take: most });
  }

  /**
   * The entries behind one that fit, among the next `most`.
   * @returns them, and behind which to continue; undefined: there are no more
   */
  async fitting(filter: AuditFilter, id: number, most: number): Promise<{ rows: AuditEventEntity[]; last?: number }> {
    const scanned = await this.after(id, most);
    return {
      rows: scanned.filter((event) => fits(filter, event)),
      ...(scanned.length === most && { last: scanned.at(-1)!.id }),
    };
  }

  /** What the server remembers of the chain; null: nothing yet. @throws ColumnUnreadable if it is not what the server wrote */
  async head(): Promise<ChainHead | null> {
    return (await this.events.manager.findOneBy(AuditChainEntity, ROW))?.head ?? null;
  }

  /** Whether the oldest entry is older. */
  async hasBefore(before: Date): Promise<boolean> {
    const [oldest] = await this.after(0, 1);
    return oldest !== undefined && oldest.at < before;
  }

  /**
   * Deletes the oldest entries, up to the first one that is not older; what is left follows the anchor.
   * @returns how many; less than `most` if no more are due
   */
  deleteOldest(before: Date, most: number): Promise<number> {
    return this.events.manager.transaction(async (manager) => {
      const head = await this.lockedHead(manager);
      const oldest = await manager.find(AuditEventEntity, { order: { id: 'ASC' }, take: most });
      const kept = oldest.findIndex(({ at }) => at >= before);
      const due = kept < 0 ? oldest : oldest.slice(0, kept);
      const last = due.at(-1);
      if (!last) return 0;
      await manager.delete(AuditEventEntity, { id: LessThanOrEqual(last.id) });
      await manager.update(AuditChainEntity, ROW, { head: { ...head, anchor: { id: last.id, hash: last.hash } } });
      return due.length;
    });
  }

  private async appendIn(manager: EntityManager, event: NewAuditEvent): Promise<void> {
    const head = await this.lockedHead(manager);
    const last = await insertAfter(manager, head.last, event);
    await manager.update(AuditChainEntity, ROW, { head: { ...head, last } });
  }

  /** Other processes wait until the transaction ends. */
  private async lockedHead(manager: EntityManager): Promise<ChainHead> {
    const find = () =>
      manager.findOne(AuditChainEntity, { where: ROW, ...locking(manager) }).catch((error: unknown) => {
        // the server must be able to record what happens from now on
        if (error instanceof ColumnUnreadable) return { head: null };
        throw error;
      });
    let row = await find();
    if (!row) {
      const empty = { ...ROW, head: null };
      await manager.createQueryBuilder().insert().into(AuditChainEntity).values(empty).orIgnore().execute();
      row = await find();
    }
    if (row?.head) return row.head;
    const sealed = await sealedNow(manager);
    await manager.update(AuditChainEntity, ROW, { head: sealed });
    return sealed;
  }
}

/**
 * The head of a trail that had none. Entries from before are accepted as they are, which an entry records: also after
 * someone has removed the head.
 */
async function sealedNow(manager: EntityManager): Promise<ChainHead> {
  const at = new Date();
  const [newest] = await manager.find(AuditEventEntity, { order: { id: 'DESC' }, take: 1 });
  const head = { sealedAt: toInstant(at), anchor: CHAIN_START };
  if (!newest) return { ...head, last: CHAIN_START };
  const event = { at, actor: '(no login)', action: 'audit.sealed', target: `up to entry ${newest.id}`, detail: '' };
  return { ...head, last: await insertAfter(manager, { id: newest.id, hash: newest.hash }, event) };
}

async function insertAfter(
  manager: EntityManager,
  previous: { id: number; hash: string },
  { at, actor, action, target, detail }: NewAuditEvent,
): Promise<{ id: number; hash: string }> {
  const texts = {
    actor: storable(actor),
    action: storable(action),
    target: storable(target),
    detail: storable(detail),
  };
  // without a gap, so that a missing entry can be named
  const content: ChainedContent = { id: previous.id + 1, at, ...texts };
  const hash = chainHash(previous.hash, content);
  await insertWithoutReading(manager.getRepository(AuditEventEntity), [{ ...content, hash }]);
  return { id: content.id, hash };
}

const fits = ({ actor, action, target, from, until }: AuditFilter, event: AuditEventEntity): boolean =>
  (actor === undefined || event.actor === actor) &&
  (action === undefined || event.action === action || event.action.startsWith(`${action}.`)) &&
  (target === undefined || event.target === target) &&
  (from === undefined || event.at >= from) &&
  (until === undefined || event.at < until);
