import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import type { SettingValues } from '../../protocol/device-settings';
import { LIMITS } from '../../protocol/limits';
import { ProblemError, type ProblemCode } from '../../protocol/problems';
import type { Actor } from '../auth/actor';
import { DevicesService, type DeviceInView } from '../devices/devices.service';
import { DeviceInformationService } from '../devices/information/device-information.service';
import { DeviceSettingsService } from '../devices/settings/device-settings.service';
import type { FirmwareEntity } from '../maintenance/firmware/firmware.entity';
import { JobRequests } from '../maintenance/job-requests';
import type { CampaignDeviceEntity } from './campaign-device.entity';
import { CampaignDevicesRepository } from './campaign-devices.repository';
import type { CampaignEntity } from './campaign.entity';
import { skipReasonOf } from './campaign-plan';
import { attentionOf, WAITS_AGAIN, withoutJob } from './device-outcome';

/** The device gets its job later. */
const PASSING: readonly ProblemCode[] = ['too-many-jobs', 'device-offline', 'no-substitute', 'storage-full'];

/** What the jobs of a campaign are started with. */
export interface StartWith {
  readonly campaign: CampaignEntity;
  /** The user that it belongs to, as they are now. */
  readonly actor: Actor;
  readonly firmware: FirmwareEntity | null;
}

/** Starts the job of one device of a campaign, through the service that starts any other job. */
@Injectable()
export class CampaignStarts {
  constructor(
    private readonly devices: CampaignDevicesRepository,
    private readonly inViews: DevicesService,
    private readonly information: DeviceInformationService,
    private readonly settings: DeviceSettingsService,
    private readonly requests: JobRequests,
    private readonly journal: Journal,
  ) {}

  /**
   * @param endsAt until when the job may start
   * @returns what has come of it; `later`: the device still waits
   */
  async start(with_: StartWith, device: CampaignDeviceEntity, endsAt: Date): Promise<'started' | 'skipped' | 'later'> {
    const { campaign, actor } = with_;
    const waitMinutes = Math.floor((endsAt.getTime() - Date.now()) / 60_000);
    if (waitMinutes < 1) return 'later';
    const current = await this.current(with_, device.deviceId);
    if (!current) return this.skip(device, { skip: 'out-of-reach' });
    const versionBefore = current.device.firmwareVersion;
    const reported = campaign.onlyDiffering ? await this.settings.knownOf([device.deviceId]) : undefined;
    const skip = skipReasonOf({ ...campaign, firmware: with_.firmware }, current, reported?.get(device.deviceId)?.rows);
    if (skip) return this.skip(device, { skip, versionBefore });

    // stored first: after a crash, the job with this ID exists, or there is none
    const jobId = randomUUID();
    const claim = { state: 'running', attention: attentionOf('running'), jobId, hold: null } as const;
    const startedAt = new Date();
    if (!(await this.devices.change(device.id, 'waiting', { ...claim, versionBefore, startedAt }))) return 'later';
    const { operation, firmwareId, settings } = campaign;
    const wanted = {
      operation,
      firmwareId: firmwareId ?? undefined,
      // checked when the campaign was made
      settings: (settings as SettingValues | null) ?? undefined,
      waitMinutes: Math.min(waitMinutes, LIMITS.JOB_WAIT_MINUTES),
    };
    try {
      await this.requests.request(actor, device.deviceId, wanted, { id: jobId, campaignId: campaign.id });
      return 'started';
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error; // the next turn finds the job, or none
      return this.refused(device, error);
    }
  }

  /** A device as it is now: before firmware is installed, it is asked for its version. */
  private async current({ firmware }: StartWith, deviceId: string): Promise<DeviceInView | undefined> {
    const stored = await this.inViews.find(deviceId);
    if (!stored?.online || !firmware) return stored;
    await this.information.inform(stored, 'firmware-install', {});
    return this.inViews.find(deviceId);
  }

  private async refused(device: CampaignDeviceEntity, { code, detail }: ProblemError): Promise<'skipped' | 'later'> {
    if (PASSING.includes(code)) {
      this.journal.info('a job of a campaign starts later', { deviceId: device.deviceId, problem: code });
      await this.devices.change(device.id, 'running', WAITS_AGAIN);
      return 'later';
    }
    const skip = code === 'unknown-device' ? 'out-of-reach' : 'refused';
    await this.devices.change(device.id, 'running', withoutJob('skipped', { skip, detail: detail.slice(0, 500) }));
    return 'skipped';
  }

  private async skip(
    device: CampaignDeviceEntity,
    values: Pick<Partial<CampaignDeviceEntity>, 'skip' | 'versionBefore'>,
  ): Promise<'skipped'> {
    await this.devices.change(device.id, 'waiting', withoutJob('skipped', values));
    return 'skipped';
  }
}
