import type { SessionWithSteps } from './api';
import { approvalRecord, differences, type ApprovalRecord } from './approval-record';
import { parseJson } from './parse-json';

/** undefined: the text is not an approval record. */
export const readRecord = (text: string): ApprovalRecord | undefined => approvalRecord.safeParse(parseJson(text)).data;

/**
 * Names of the fields in which a record differs from the session that a server shows with it.
 * @param id of the session that was asked for: the server may show another one
 */
export function differencesFromSession(id: string, session: SessionWithSteps, record: ApprovalRecord): string[] {
  const { user, deviceId, applicationId, reason, minutes, approvedAt, grant } = session;
  const asker = { kind: 'user', id: user.username, name: user.displayName } as const;
  return [
    ...differences(record, { remoteSessionId: id, deviceId, applicationId, asker, reason, minutes }),
    ...(session.id === id ? [] : ['id']),
    // a YES that was taken back before it took effect leaves no time of approval
    ...(approvedAt !== null && record.decision !== 'approved' ? ['decision'] : []),
    ...(grant !== null && record.grant !== grant ? ['grant'] : []),
  ];
}
