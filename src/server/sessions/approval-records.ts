import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { differences, type ApprovalRecord } from '../../protocol/approval-record';
import type { approval } from '../../protocol/control-channel';
import { readRecord } from '../../protocol/record-check';
import { hasSigned } from '../../tunnel/signing-key';
import { AgentsService } from '../devices/agents/agents.service';
import { approvalRequestOf } from './agent-outputs';
import type { KeptRecord, SessionEntity } from './session.entity';
import { RecordRefused } from './session.errors';

type Answer = z.infer<typeof approval.request>;

/** Checks the record of an answer against the key that was pinned when its agent was enrolled. */
@Injectable()
export class ApprovalRecords {
  constructor(private readonly agents: AgentsService) {}

  /**
   * @returns what the session keeps; null if the agent has no signing key
   * @throws RecordRefused if the record is missing, not signed with the pinned key, or not about this answer
   */
  async check(session: SessionEntity, answer: Answer): Promise<KeptRecord | null> {
    const key = await this.agents.signingKey(session.agentId);
    if (key === undefined) return null;
    if (!answer.record)
      throw new RecordRefused('The answer of the agent has no approval record, although the agent has a signing key.');
    if (!hasSigned(key, answer.record))
      throw new RecordRefused('The approval record was not signed with the key of the agent.');
    const record = readRecord(answer.record.text);
    if (!record) throw new RecordRefused('The approval record cannot be read.');
    const { answerWithinSeconds: _, ...asked } = approvalRequestOf(session);
    const wrong = [...differences(record, { agentId: session.agentId, ...asked }), ...contradictions(record, answer)];
    if (wrong.length > 0)
      throw new RecordRefused(`The approval record differs from the request or the answer: ${wrong.join(', ')}.`);
    return { ...answer.record, key };
  }
}

/** A NO may carry the record of the YES that it takes back. */
function contradictions(record: ApprovalRecord, { decision, grant = 'operate' }: Answer): string[] {
  if (record.decision === 'declined') return decision === 'declined' && record.grant === null ? [] : ['decision'];
  if (record.grant === null) return ['grant'];
  return decision === 'approved' && record.grant !== grant ? ['grant'] : [];
}
