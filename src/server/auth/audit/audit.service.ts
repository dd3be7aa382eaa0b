import { Injectable } from '@nestjs/common';
import type { Page, PageQuery } from '../../database/page';
import type { Actor } from '../actor';
import type { AuditEventEntity } from './audit-event.entity';
import { AuditRepository, type AuditNames } from './audit.repository';

const TARGET_CHARACTERS = 200;
const DETAIL_CHARACTERS = 2_000;

/** The audit trail: actor, action and target of every action. Only `retention` deletes entries. */
@Injectable()
export class AuditService {
  constructor(private readonly repository: AuditRepository) {}

  /**
   * @param actor undefined for an action without a login: a refused login, the enrolment of an agent
   * @param action `thing.happened`, as in `user.created`
   * @param detail free text for the reader; never a secret
   */
  record(actor: Actor | undefined, action: string, target: string, detail = ''): Promise<void> {
    return this.repository.append({
      at: new Date(),
      actor: actor?.username ?? '(no login)',
      action,
      target: target.slice(0, TARGET_CHARACTERS),
      detail: detail.slice(0, DETAIL_CHARACTERS),
    });
  }

  page(query: PageQuery, of?: AuditNames): Promise<Page<AuditEventEntity>> {
    return this.repository.page(query, of);
  }
}
