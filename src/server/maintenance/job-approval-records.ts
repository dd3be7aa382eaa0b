import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import type { JobReport } from '../../protocol/ad-hoc-command';
import { jobApprovalRecord, jobRecordMessage } from '../../protocol/job-approval';
import { parseJson } from '../../protocol/parse-json';
import { shownText } from '../../protocol/shown-text';
import { hasSignedText } from '../../tunnel/signing-key';
import { AgentsService } from '../devices/agents/agents.service';
import type { JobEntity } from './job.entity';

/** Checks the approval record of a job against the key that was pinned when its agent was enrolled. */
@Injectable()
export class JobApprovalRecords {
  constructor(
    private readonly agents: AgentsService,
    private readonly journal: Journal,
  ) {}

  /** @returns what the job keeps; undefined without a valid record */
  async check(job: JobEntity, report: JobReport): Promise<JobEntity['approvalRecord'] | undefined> {
    const { record } = report;
    if (!record) return undefined;
    const key = await this.agents.signingKey(job.agentId);
    if (key !== undefined && hasSignedText(key, jobRecordMessage(record.text), record.signature)) {
      const wrong = differences(job, report, jobApprovalRecord.safeParse(parseJson(record.text)).data);
      if (wrong.length === 0) return { ...record, key };
      this.journal.warn('the approval record of a job is about something else', { jobId: job.id, wrongFields: wrong });
    } else this.journal.warn('the approval record of a job was not signed by its agent', { jobId: job.id });
    return undefined;
  }
}

function differences(
  job: JobEntity,
  { failure }: JobReport,
  record: ReturnType<typeof jobApprovalRecord.parse> | undefined,
): string[] {
  if (!record) return ['text'];
  const same = {
    agentId: record.agentId === job.agentId,
    jobId: record.jobId === job.id,
    deviceId: record.deviceId === job.deviceId,
    operation: record.operation === job.operation,
    requestedBy: record.requestedBy === null || record.requestedBy === shownText(job.displayName),
    firmware: (record.firmware?.version ?? null) === job.firmwareVersion,
    settings: isDeepStrictEqual(record.settings, job.settings ?? null),
    decision: (record.decision === 'declined') === (failure === 'declined'),
  };
  return Object.entries(same).flatMap(([name, equal]) => (equal ? [] : [name]));
}
