import { Injectable } from '@nestjs/common';
import type { AuditExportQuery } from '../../../protocol/api';
import { LIMITS } from '../../../protocol/limits';
import type { Page, PageQuery } from '../../database/page';
import type { Actor } from '../actor';
import type { AuditEventEntity } from './audit-event.entity';
import { verifyAudit, type AuditVerification } from './audit-verification';
import { AuditRepository, type AuditNames } from './audit.repository';

/** Their target is the user ID. */
const ACCOUNT_ACTIONS = [
  'login.permitted',
  'login.refused',
  'login.ended',
  'login.factor-added',
  'login.factor-removed',
  'login.recovery-codes-created',
  'password.changed',
  'profile.changed',
  'user.created',
  'user.bound',
  'user.changed',
] as const;
/** Of credentials that a user has made in their own name; their target is the credential. */
const CREDENTIAL_ACTIONS = ['token.created', 'token.revoked', 'client.created'] as const;
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

  /** Reads the whole trail, in batches. @throws the reason of `stopping` */
  verify(stopping: AbortSignal): Promise<AuditVerification> {
    const after = async (id: number, most: number): Promise<AuditEventEntity[]> => {
      stopping.throwIfAborted();
      return this.repository.after(id, most);
    };
    return verifyAudit({ head: () => this.repository.head(), after });
  }

  /** Whether the oldest entry is older. */
  hasBefore(before: Date): Promise<boolean> {
    return this.repository.hasBefore(before);
  }
  /** For `retention`: {@link AuditRepository.deleteOldest} */
  deleteOldest(before: Date, most: number): Promise<number> {
    return this.repository.deleteOldest(before, most);
  }

  /** All entries that fit, oldest first, in batches, which may be empty. An entry records it. */
  async *export(actor: Actor, { format, from, until, ...names }: AuditExportQuery): AsyncGenerator<AuditEventEntity[]> {
    const filter = { ...names, ...(from && { from: new Date(from) }), ...(until && { until: new Date(until) }) };
    await this.record(actor, 'audit.exported', format, `filter ${JSON.stringify({ ...names, from, until })}`);
    for (let after = 0; ;) {
      const { rows, last } = await this.repository.fitting(filter, after, LIMITS.AUDIT_EXPORT_ROWS);
      yield rows;
      if (last === undefined) return;
      after = last;
    }
  }

  /** Logins of a user, changes of the account, and credentials that were made in its name, newest first. */
  ofAccount(query: PageQuery, username: string): Promise<Page<AuditEventEntity>> {
    return this.repository.pageOf(query, username, { asTarget: ACCOUNT_ACTIONS, asActor: CREDENTIAL_ACTIONS });
  }

  page(query: PageQuery, of?: AuditNames): Promise<Page<AuditEventEntity>> {
    return this.repository.page(query, of);
  }
}
