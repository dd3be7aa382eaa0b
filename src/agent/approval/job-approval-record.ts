import { sign } from 'node:crypto';
import type { JobOrder } from '../../protocol/ad-hoc-command';
import type { AnsweredBy, SignedRecord } from '../../protocol/approval-record';
import { jobRecordMessage, type JobApprovalRecord } from '../../protocol/job-approval';
import { toInstant } from '../../protocol/names';
import type { Signer } from './approval-record';

export type JobSigner = (order: JobOrder, decision: 'approved' | 'declined', by: AnsweredBy) => SignedRecord;

/** Signs the answers to maintenance jobs. */
export const jobSigner =
  ({ agentId, key }: Signer): JobSigner =>
  ({ jobId, deviceId, operation, requestedBy = null, firmware, settings = null }, decision, answeredBy) => {
    const record: JobApprovalRecord = {
      ...{ version: 1, agentId, jobId, deviceId, operation, requestedBy },
      firmware: firmware ? { version: firmware.version, sha256: firmware.sha256 } : null,
      settings,
      ...{ decision, answeredBy, answeredAt: toInstant(Date.now()) },
    };
    const text = JSON.stringify(record);
    return { text, signature: sign(null, Buffer.from(jobRecordMessage(text)), key).toString('base64url') };
  };
