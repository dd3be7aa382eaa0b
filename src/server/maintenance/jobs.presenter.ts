import type { Job } from '../../protocol/maintenance';
import { toInstant } from '../../protocol/names';
import { fingerprintOf } from '../../tunnel/signing-key';
import type { JobEntity } from './job.entity';

const instantOf = (at: Date | null): string | null => at && toInstant(at);

/** A job as the API and live events show it. */
export const presentedJob = (job: JobEntity): Job => ({
  id: job.id,
  deviceId: job.deviceId,
  deviceName: job.deviceName,
  operation: job.operation,
  firmware:
    job.firmwareId === null
      ? null
      : {
          id: job.firmwareId,
          name: job.firmwareName ?? '',
          version: job.firmwareVersion ?? '',
        },
  settings: job.settings,
  log: job.log,
  user: { kind: job.askerKind, id: job.userId, username: job.username, displayName: job.displayName },
  campaignId: job.campaignId,
  state: job.state,
  waiting: job.waiting,
  decision: job.decision,
  hold: job.hold,
  percent: job.percent,
  activity: job.activity,
  failure: job.failure,
  detail: job.detail,
  result: job.result,
  settingRows: job.settingRows ?? [],
  approvalRecord: job.approvalRecord && {
    ...job.approvalRecord,
    keyFingerprint: fingerprintOf(job.approvalRecord.key),
  },
  requestedAt: toInstant(job.requestedAt),
  sentAt: instantOf(job.sentAt),
  beganAt: instantOf(job.beganAt),
  endedAt: instantOf(job.endedAt),
  expiresAt: toInstant(job.expiresAt),
});
