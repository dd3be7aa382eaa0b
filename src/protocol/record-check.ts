import type { SessionWithSteps } from './api';
import { approvalRecord, differences, type ApprovalRecord } from './approval-record';
import type { Asker } from './asker';
import { parseJson } from './parse-json';

/** undefined: the text is not an approval record. */
export const readRecord = (text: string): ApprovalRecord | undefined => approvalRecord.safeParse(parseJson(text)).data;

/**
 * Names of the fields in which a record differs from the session that a server shows with it.
 * @param id of the session that was asked for: the server may show another one
 */
export function differencesFromSession(id: string, session: SessionWithSteps, record: ApprovalRecord): string[] {
  const { deviceId, applicationId, reason, minutes, approvedAt, grant } = session;
  // without `kind`, the server knows users only
  const {
    kind = 'user',
    id: userId,
    username,
    displayName,
  }: typeof session.user & Partial<Pick<Asker, 'kind'>> = session.user;
  const asker = { kind, id: kind === 'client' ? userId : username, name: displayName };
  return [
    ...differences(record, { remoteSessionId: id, deviceId, applicationId, asker, reason, minutes }),
    ...(session.id === id ? [] : ['id']),
    // a YES that was taken back before it took effect leaves no time of approval
    ...(approvedAt !== null && record.decision !== 'approved' ? ['decision'] : []),
    ...(grant !== null && record.grant !== grant ? ['grant'] : []),
  ];
}
