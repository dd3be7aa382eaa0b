import { randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { kindHas } from '../../protocol/device-kinds';
import type { WantedSettings } from '../../protocol/device-settings';
import { LIMITS } from '../../protocol/limits';
import type { LogSelection } from '../../protocol/log-lines';
import type { newJob } from '../../protocol/maintenance';
import type { Actor } from '../auth/actor';
import { checkOperation } from '../auth/clients/client-limits';
import { AuditService } from '../auth/audit/audit.service';
import { DevicesService, type DeviceInView } from '../devices/devices.service';
import type { FirmwareEntity } from './firmware/firmware.entity';
import type { JobEntity } from './job.entity';
import { JobInformation } from './job-information';
import { JobRevocation } from './job-revocation';
import { JobLifecycle } from './job.lifecycle';
import {
  FirmwareIdMismatch,
  LogMismatch,
  OperationOfOtherKind,
  OperationUnsupported,
  SettingsMismatch,
  TooManyJobs,
} from './jobs.errors';
import { JobsRepository } from './jobs.repository';

type NewJob = z.output<typeof newJob>;

/** Requests of maintenance jobs (S121). */
@Injectable()
export class JobRequests {
  /** Jobs are counted and inserted one at a time. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly repository: JobsRepository,
    private readonly devices: DevicesService,
    private readonly information: JobInformation,
    private readonly lifecycle: JobLifecycle,
    private readonly audit: AuditService,
    private readonly revocation: JobRevocation,
  ) {}

  /**
   * Requests one operation at a device.
   * @param id of the new job, for a campaign that must find it again if the server ends meanwhile
   * @throws BeyondLimits, UnknownDevice, OperationOfOtherKind, OperationUnsupported, UnknownFirmware, FirmwareUnsigned, FirmwareUnfit, FirmwareIdMismatch,
   * SettingsMismatch, LogMismatch, TooManyJobs;
   * @throws DeviceOffline, NoSubstitute if the job may not wait
   */
  async request(
    actor: Actor,
    deviceId: string,
    wanted: NewJob,
    { id = randomUUID(), campaignId = null }: { id?: string; campaignId?: string | null } = {},
  ): Promise<JobEntity> {
    checkOperation(actor, wanted.operation);
    const inView = await this.devices.get(actor, deviceId);
    const { device } = inView;
    const { operation, waitMinutes } = wanted;
    if (!kindHas(device.kind, operation)) throw new OperationOfOtherKind(deviceId, device.kind, operation);
    if (!device.operations.includes(operation)) throw new OperationUnsupported(deviceId, operation);
    const settings = settingsIn(wanted);
    const firmware = await this.firmwareFor(wanted, inView);
    if (waitMinutes === 0) await this.devices.checkReachable(inView);

    const requestedAt = new Date();
    const waitMs = waitMinutes === 0 ? LIMITS.JOB_SEND_MS : waitMinutes * 60_000;
    const expiresAt = new Date(requestedAt.getTime() + waitMs);
    const job: JobEntity = {
      id,
      askerKind: actor.client ? 'client' : 'user',
      userId: actor.userId,
      username: actor.username,
      displayName: actor.displayName,
      deviceId,
      deviceName: device.name,
      agentId: device.agentId,
      siteId: inView.siteId,
      apiTokenId: actor.apiTokenId ?? null,
      revokedAt: null,
      operation,
      campaignId,
      firmwareId: firmware?.id ?? null,
      firmwareName: firmware?.name ?? null,
      firmwareVersion: firmware?.version ?? null,
      firmwareToken: firmware ? randomBytes(32).toString('base64url') : null,
      settings,
      log: logIn(wanted),
      state: 'requested',
      deadlineAt: null,
      waiting: null,
      decision: null,
      hold: null,
      percent: null,
      activity: '',
      failure: null,
      detail: '',
      result: [],
      settingRows: null,
      approvalRecord: null,
      requestedAt,
      expiresAt,
      askedAt: null,
      sentAt: null,
      beganAt: null,
      endedAt: null,
    };
    job.deadlineAt = this.lifecycle.deadlineOf(job);
    await this.serialise(() => this.insert(job));
    const what = firmware?.name ?? Object.keys(settings ?? {}).join(' ');
    await this.audit.record(actor, 'job.requested', job.id, `${deviceId} ${operation} ${what}`.trim());
    this.lifecycle.start(job);
    await this.revocation.recheckRequest(actor, job);
    return job;
  }

  private async insert(job: JobEntity): Promise<void> {
    const open = await this.repository.countOpenOf(job.deviceId);
    if (open >= LIMITS.JOBS_PER_DEVICE) throw new TooManyJobs(job.deviceId);
    await this.repository.insert(job);
  }

  private async firmwareFor(
    { operation, firmwareId }: NewJob,
    inView: DeviceInView,
  ): Promise<FirmwareEntity | undefined> {
    const isNeeded = operation === 'firmware-install';
    if (firmwareId === undefined && !isNeeded) return undefined;
    if (firmwareId === undefined) throw new FirmwareIdMismatch('firmware-install needs a firmware file');
    if (!isNeeded) throw new FirmwareIdMismatch(`${operation} takes no firmware file`);
    return this.information.firmwareFor(inView, firmwareId);
  }

  private serialise(work: () => Promise<void>): Promise<void> {
    const done = this.last.then(work);
    this.last = done.catch(() => undefined);
    return done;
  }
}

/** The values that an operation sets; null: it sets none. @throws SettingsMismatch */
export function settingsIn({ operation, settings }: Pick<NewJob, 'operation' | 'settings'>): WantedSettings | null {
  const isNeeded = operation === 'settings-set';
  if (isNeeded && settings === undefined) throw new SettingsMismatch('settings-set needs settings');
  if (!isNeeded && settings !== undefined) throw new SettingsMismatch(`${operation} sets no settings`);
  return (settings as WantedSettings | undefined) ?? null;
}

/** Which lines of a log an operation reads; null: all, or it reads none. @throws LogMismatch */
function logIn({ operation, log }: NewJob): LogSelection | null {
  if (log !== undefined && operation !== 'logs-read') throw new LogMismatch(`${operation} reads no log`);
  return log !== undefined && Object.keys(log).length > 0 ? log : null;
}
