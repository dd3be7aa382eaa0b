import { auditEvent, type AuditEvent } from '../../protocol/api';
import { usePages } from './pages';

export const useAudit = () => usePages<AuditEvent>(['audit'], auditEvent, '/audit');
