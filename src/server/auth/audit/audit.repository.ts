import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { readPage, type Page, type PageQuery } from '../../database/page';
import { AuditEventEntity } from './audit-event.entity';

@Injectable()
export class AuditRepository {
  constructor(@InjectRepository(AuditEventEntity) private readonly events: Repository<AuditEventEntity>) {}

  async append(event: Omit<AuditEventEntity, 'id'>): Promise<void> {
    await this.events.insert(event);
  }
  page(query: PageQuery): Promise<Page<AuditEventEntity>> {
    return readPage(this.events.createQueryBuilder('e'), ['id'], 'DESC', query);
  }
}
