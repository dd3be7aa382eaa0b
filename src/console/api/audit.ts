import { auditEvent, type AuditEvent } from '../../protocol/api';
import { queryOf, usePages } from './pages';

/** Newest first; of one external client: what it did, and what was done to it. */
export const useAudit = (clientId?: string) =>
  usePages<AuditEvent>(['audit', clientId ?? null], auditEvent, `/audit?${queryOf({ clientId })}`, 0);
