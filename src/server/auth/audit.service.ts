import { Injectable } from '@nestjs/common';
import type { Page } from '../database/page';
import type { Actor } from './actor';
import type { AuditEventEntity } from './audit-event.entity';
import { AuditRepository } from './audit.repository';

const TARGET_CHARACTERS = 200;
const DETAIL_CHARACTERS = 2_000;

/** Who did what to what, kept for ever. */
@Injectable()
export class AuditService {
  constructor(private readonly repository: AuditRepository) {}

  /**
   * @param actor undefined where nobody was logged in: a refused login, an agent that enrols
   * @param action `thing.happened`, as in `user.created`
   * @param detail in words; never a secret
   */
  record(actor: Actor | undefined, action: string, target: string, detail = ''): Promise<void> {
    return this.repository.append({
      at: new Date(),
      actor: actor?.username ?? '(nobody)',
      action,
      target: target.slice(0, TARGET_CHARACTERS),
      detail: detail.slice(0, DETAIL_CHARACTERS),
    });
  }

  page(query: { limit: number; cursor?: number }): Promise<Page<AuditEventEntity>> {
    return this.repository.page(query);
  }
}
