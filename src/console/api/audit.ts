import { auditEvent, type AuditEvent, type AuditExportQuery } from '../../protocol/api';
import { queryOf, usePages } from './pages';

/** Of all entries, with their hashes. */
export const auditExportPath = (format: AuditExportQuery['format']): string =>
  `/api/audit/export?${queryOf({ format })}`;

/** Newest first; of one external client: what it did, and what was done to it. */
export const useAudit = (clientId?: string) =>
  usePages<AuditEvent>(['audit', clientId ?? null], auditEvent, `/audit?${queryOf({ clientId })}`, 0);
