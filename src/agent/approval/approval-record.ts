import { sign, type KeyObject } from 'node:crypto';
import { recordMessage, type ApprovalRecord, type SignedRecord } from '../../protocol/approval-record';
import type { Decision, RequestedApproval } from '../sessions/agent-session';

/** Signs the answers of an agent. */
export interface Signer {
  readonly agentId: string;
  /** Ed25519, private. */
  readonly key: KeyObject;
}

/** What the record of an answer says. @param answeredAt RFC 3339, by the agent's clock */
export function recordOf(
  agentId: string,
  asked: RequestedApproval,
  answer: Decision,
  answeredAt: string,
): ApprovalRecord {
  const { remoteSessionId, deviceId, applicationId, asker, reason, minutes } = asked;
  return {
    version: 1,
    agentId,
    remoteSessionId,
    deviceId,
    applicationId,
    asker,
    reason,
    minutes,
    decision: answer.decision,
    grant: answer.decision === 'approved' ? answer.grant : null,
    answeredBy: answer.answeredBy,
    answeredAt,
  };
}

export function signRecord({ key }: Signer, record: ApprovalRecord): SignedRecord {
  const text = JSON.stringify(record);
  return { text, signature: sign(null, Buffer.from(recordMessage(text)), key).toString('base64url') };
}
