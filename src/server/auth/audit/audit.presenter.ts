import type { AuditEvent } from '../../../protocol/api';
import { toInstant } from '../../../protocol/names';
import type { AuditEventEntity } from './audit-event.entity';

/** An entry as the API shows one. */
export const presentedAuditEvent = ({ hash: _, at, ...event }: AuditEventEntity): AuditEvent => ({
  ...event,
  at: toInstant(at),
});
