import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { readPage, type Page, type PageQuery } from '../../database/page';
import { AuditEventEntity } from './audit-event.entity';

/** How entries name someone: as the actor, and as the target. */
export interface AuditNames {
  readonly actor: string;
  readonly target: string;
}

@Injectable()
export class AuditRepository {
  constructor(@InjectRepository(AuditEventEntity) private readonly events: Repository<AuditEventEntity>) {}

  async append(event: Omit<AuditEventEntity, 'id'>): Promise<void> {
    await this.events.insert(event);
  }
  /** @param of only entries with this actor or this target */
  page(query: PageQuery, of?: AuditNames): Promise<Page<AuditEventEntity>> {
    const rows = this.events.createQueryBuilder('e');
    if (of) rows.andWhere('(e.actor = :actor OR e.target = :target)', of);
    return readPage(rows, ['id'], 'DESC', query);
  }
}
