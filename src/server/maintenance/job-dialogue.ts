import { Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { orderFields, type JobReport } from '../../protocol/ad-hoc-command';
import { isSelected, logLineOf } from '../../protocol/log-lines';
import { JOB_FAILURES, type JobFailure } from '../../protocol/maintenance';
import { secondsUntil } from '../../protocol/names';
import { DeviceTransport, type JobCommand } from '../xmpp/device-transport';
import { AgentRefused, AgentSilent } from '../xmpp/xmpp.errors';
import { UnknownFirmware } from './firmware/firmware.errors';
import { FirmwareSources } from './firmware/firmware-sources';
import { JobApprovalRecords } from './job-approval-records';
import type { JobEntity } from './job.entity';
import { JobLifecycle } from './job.lifecycle';
import { isOver, type JobInput } from './job.machine';
import { JobInformation } from './job-information';
import { OtherDeviceAnswers } from '../devices/devices.errors';
import { FirmwareUnfit, JobStarted } from './jobs.errors';
import { JobsRepository } from './jobs.repository';

/** Asks agents about one job, and applies their answers. */
@Injectable()
export class JobDialogue {
  constructor(
    private readonly transport: DeviceTransport,
    private readonly repository: JobsRepository,
    private readonly lifecycle: JobLifecycle,
    private readonly firmware: FirmwareSources,
    private readonly information: JobInformation,
    private readonly records: JobApprovalRecords,
    private readonly journal: Journal,
  ) {}

  /**
   * Sends a job that is requested (S122), or asks for a report of one that the agent has.
   * @returns false if the job is over
   * @throws AgentOffline, AgentSilent, AgentRefused: ask again
   */
  async ask(jobId: string): Promise<boolean> {
    const job = await this.repository.find(jobId);
    if (!job || isOver(job.state)) return false;
    try {
      if (job.revokedAt && job.state !== 'executing') await this.withdrawRevoked(job);
      else {
        const report = job.state === 'requested' ? await this.execute(job) : await this.command(job, 'next');
        if (report) await this.apply(job, report);
      }
    } catch (error) {
      await this.applyRefusal(job, error);
    }
    const now = await this.repository.find(jobId);
    return now !== null && !isOver(now.state);
  }

  /**
   * Cancels a job that the agent has, or may have. Only the agent can decide that, so its answer is the input.
   * @throws AgentOffline, AgentSilent, JobStarted
   */
  async cancel(job: JobEntity): Promise<void> {
    try {
      await this.apply(job, await this.command(job, 'cancel'));
    } catch (error) {
      if (!(error instanceof AgentRefused)) throw error;
      if (error.code === 'not-allowed') throw new JobStarted(job.id);
      if (!isUnknown(error)) throw new AgentSilent(job.agentId, `does not report the outcome (${error.code})`);
      await this.lifecycle.apply(job.id, 'cancelled', { from: job.state });
    }
  }

  /** A job that has started meanwhile continues. */
  private async withdrawRevoked(job: JobEntity): Promise<void> {
    const wasNeverSent = job.state === 'requested' && !job.askedAt && (await this.repository.claim(job.id));
    if (wasNeverSent) return void (await this.lifecycle.apply(job.id, 'cancel'));
    await this.cancel(job).catch(async (error: unknown) => {
      if (!(error instanceof JobStarted)) throw error;
      await this.apply(job, await this.command(job, 'next'));
    });
  }

  /** @returns undefined if the job is being cancelled */
  private async execute(job: JobEntity): Promise<JobReport | undefined> {
    const { id: jobId, deviceId, operation, expiresAt, displayName: requestedBy } = job;
    const settings = job.settings ?? undefined;
    const log = job.log ?? undefined;
    const firmware = await this.firmware.of(job);
    await this.information.inform(job);
    if (!job.askedAt && !(await this.repository.claim(jobId))) return undefined;
    this.journal.step('S122', undefined, { jobId, deviceId });
    const expiresInSeconds = secondsUntil(expiresAt);
    const content = { firmware, settings, log, requestedBy };
    const fields = orderFields({ jobId, deviceId, operation, expiresInSeconds, ...content });
    return this.command(job, 'execute', fields);
  }

  private command(
    { id: jobId, agentId, operation }: JobEntity,
    action: JobCommand['action'],
    fields?: JobCommand['fields'],
  ): Promise<JobReport> {
    return this.transport.command(agentId, { jobId, operation, action, fields });
  }

  private async apply(job: JobEntity, report: JobReport): Promise<void> {
    const { id, deviceId } = job;
    if (report.status !== 'executing') this.journal.step('S124', undefined, { jobId: id, deviceId });
    const sentAt = job.sentAt ?? new Date();
    const approvalRecord = await this.records.check(job, report);
    await this.information.reported(job, report);
    const values = { ...valuesOf(report, job), sentAt, ...(approvalRecord && { approvalRecord }) };
    const changed = await this.lifecycle.apply(id, inputOf(report), { values });
    if (!changed && report.status === 'executing') await this.withdraw(id);
  }

  /** The agent has a job that is over here: it was cancelled, or failed, while it was being sent. */
  private async withdraw(id: string): Promise<void> {
    const job = await this.repository.find(id);
    if (!job || !isOver(job.state)) return;
    await this.command(job, 'cancel').catch((error: unknown) => {
      this.journal.warn('a job that is over could not be withdrawn', { jobId: id, detail: String(error) });
    });
  }

  private async applyRefusal(job: JobEntity, error: unknown): Promise<void> {
    const { id, state } = job;
    if (error instanceof UnknownFirmware) {
      const values = { failure: 'download-failed', detail: error.detail } as const;
      await this.lifecycle.apply(id, 'failed', { from: state, values });
    } else if (error instanceof FirmwareUnfit) {
      const values = { failure: 'firmware-unfit', detail: error.detail } as const;
      await this.lifecycle.apply(id, 'failed', { from: state, values });
    } else if (error instanceof OtherDeviceAnswers) {
      const values = { failure: 'other-device', detail: error.detail } as const;
      await this.lifecycle.apply(id, 'failed', { from: state, values });
    } else if (!(error instanceof AgentRefused)) {
      throw error;
    } else if (state === 'requested') {
      const values = { failure: failureOf(error.code), detail: error.detail || error.code };
      await this.lifecycle.apply(id, 'failed', { from: state, values });
    } else if (isUnknown(error)) {
      await this.lifecycle.apply(id, 'lost', { from: state, values: { askedAt: null } });
    } else {
      throw error;
    }
  }
}

/** XEP-0050 4.4; libraries that keep no session of an earlier stream answer the latter. */
const isUnknown = ({ code }: AgentRefused): boolean => code === 'bad-sessionid' || code === 'item-not-found';

function inputOf({ status, hold, failure }: JobReport): JobInput {
  if (status === 'canceled') return 'cancelled';
  if (status === 'completed') return failure ? 'failed' : 'succeeded';
  return hold ? 'held' : 'started';
}

function valuesOf(
  { status, hold, percent, activity, failure, detail, result, settings }: JobReport,
  { log }: JobEntity,
): Partial<JobEntity> {
  if (status !== 'completed') return { hold, percent, activity, detail };
  const settingRows = settings.length > 0 ? settings.map((row) => ({ ...row, choices: [] })) : null;
  // an agent of an earlier version has read the latest lines
  const asked = log ? result.filter((each) => isSelected(log, logLineOf(each))) : result;
  return { failure, detail, result: asked, settingRows };
}

/** Conditions of RFC 6120 8.3.3 with which an agent may refuse a command, as failures of a job. */
const OF_CONDITION: Readonly<Record<string, JobFailure>> = {
  'item-not-found': 'unsupported',
  'feature-not-implemented': 'unsupported',
  'service-unavailable': 'unsupported',
  'not-allowed': 'forbidden',
  'not-authorized': 'forbidden',
  'resource-constraint': 'too-many',
};

const failureOf = (code: string): JobFailure =>
  Object.hasOwn(JOB_FAILURES, code) ? (code as JobFailure) : (OF_CONDITION[code] ?? 'internal-error');
