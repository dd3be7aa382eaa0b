import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { CampaignPlan, NewCampaign, SkipReason } from '../../protocol/campaign';
import { LIMITS } from '../../protocol/limits';
import type { Actor } from '../auth/actor';
import { checkOperation } from '../auth/clients/client-limits';
import { CustomersService } from '../customers/customers.service';
import { DevicesService, type DeviceInView } from '../devices/devices.service';
import { FleetService } from '../devices/fleet/fleet.service';
import { DeviceSettingsService } from '../devices/settings/device-settings.service';
import { CampaignContents, type CampaignContent } from './campaign-contents';
import type { CampaignDeviceEntity } from './campaign-device.entity';
import { CampaignDevicesRepository } from './campaign-devices.repository';
import type { CampaignEntity } from './campaign.entity';
import { installedKey, skipReasonOf, wavesOf, waveSizes, type CampaignWork } from './campaign-plan';
import { CampaignContradiction } from './campaigns.errors';
import { attentionOf } from './device-outcome';

/** Devices whose rows are read at a time. */
const BATCH = 200;

/** A campaign that is not stored yet. */
export interface CampaignDraft {
  readonly campaign: CampaignEntity;
  readonly devices: readonly CampaignDeviceEntity[];
  readonly plan: CampaignPlan;
}

/** Makes campaigns out of requests: which devices take part, in which wave, and which are skipped. */
@Injectable()
export class CampaignDrafts {
  constructor(
    private readonly fleet: FleetService,
    private readonly inViews: DevicesService,
    private readonly settings: DeviceSettingsService,
    private readonly customers: CustomersService,
    private readonly contents: CampaignContents,
    private readonly taken: CampaignDevicesRepository,
  ) {}

  /**
   * @throws BeyondLimits, SelectionChanged, UnknownDevice, CampaignContradiction
   * @throws what `CampaignContents` does
   */
  async of(actor: Actor, wanted: NewCampaign): Promise<CampaignDraft> {
    checkOperation(actor, wanted.operation);
    const content = await this.contents.of(actor, wanted);
    const ids =
      'deviceIds' in wanted.devices
        ? [...new Set(wanted.devices.deviceIds)]
        : await this.fleet.select(actor, wanted.devices.filter, wanted.devices.count);
    const work = { ...wanted, ...content };
    const id = randomUUID();
    const devices: CampaignDeviceEntity[] = [];
    for (let first = 0; first < ids.length; first += BATCH) {
      const inViews = await this.inViews.several(actor, ids.slice(first, first + BATCH));
      devices.push(...(await this.rows(id, work, inViews, first)));
    }
    const taking = devices.filter(({ state }) => state === 'waiting');
    const sizes = waveSizes(taking.length, wanted.waves);
    wavesOf(sizes).forEach((wave, index) => (taking[index]!.wave = wave));
    const plan = { waves: sizes, skipped: skippedOf(devices) };
    return { campaign: campaignOf(id, actor, wanted, content, sizes.length), devices, plan };
  }

  private async rows(
    campaignId: string,
    work: CampaignWork,
    inViews: readonly DeviceInView[],
    first: number,
  ): Promise<CampaignDeviceEntity[]> {
    const { firmware } = work;
    const keyOf = ({ device }: DeviceInView) => (firmware ? installedKey(device.id, firmware.sha256) : null);
    const ids = inViews.map(({ device }) => device.id);
    const [customers, reported, taken] = await Promise.all([
      this.customers.customersOfSites(inViews.map(({ siteId }) => siteId)),
      work.onlyDiffering ? this.settings.knownOf(ids) : undefined,
      firmware
        ? this.taken.taken(
            ids,
            inViews.map((each) => keyOf(each)!),
          )
        : { updated: [] as string[], installed: [] as string[] },
    ]);
    const updated = new Set(taken.updated);
    const installed = new Set(taken.installed);
    const ofOthers = (inView: DeviceInView): SkipReason | undefined =>
      updated.has(inView.device.id)
        ? 'other-campaign'
        : installed.has(keyOf(inView) ?? '')
          ? 'installed-before'
          : undefined;
    return inViews.map((inView, index) => {
      const { device, siteId } = inView;
      const skip = skipReasonOf(work, inView, reported?.get(device.id)?.rows) ?? ofOthers(inView) ?? null;
      const state = skip ? 'skipped' : 'waiting';
      const about = { deviceId: device.id, deviceName: device.name, agentId: device.agentId, siteId };
      const holds = { updatedDevice: skip || !firmware ? null : device.id, installed: skip ? null : keyOf(inView) };
      return {
        ...{ id: randomUUID(), campaignId, position: first + index, ...about, ...holds },
        ...{ customerId: customers.get(siteId) ?? null, wave: 0, state, attention: attentionOf(state), skip },
        ...{ jobId: null, hold: null, failure: null, detail: '', versionBefore: device.firmwareVersion },
        ...{ startedAt: null, endedAt: skip ? new Date() : null },
      };
    });
  }
}

function skippedOf(devices: readonly CampaignDeviceEntity[]): CampaignPlan['skipped'] {
  const counts = new Map<SkipReason, number>();
  for (const { skip } of devices) if (skip) counts.set(skip, (counts.get(skip) ?? 0) + 1);
  return [...counts].map(([reason, count]) => ({ reason, devices: count })).sort((a, b) => b.devices - a.devices);
}

function campaignOf(
  id: string,
  actor: Actor,
  wanted: NewCampaign,
  { firmware, settings, template }: CampaignContent,
  waves: number,
): CampaignEntity {
  const createdAt = new Date();
  const { name, operation, fromVersions, onlyDiffering, pauseAfterFirstWave, failureLimit, window, waitHours } = wanted;
  const startsAt = wanted.startsAt === undefined ? createdAt : new Date(wanted.startsAt);
  if (startsAt.getTime() > createdAt.getTime() + LIMITS.CAMPAIGN_DAYS * 24 * 3_600_000)
    throw new CampaignContradiction('startsAt', `must be within ${LIMITS.CAMPAIGN_DAYS} days`);
  return {
    ...{ id, name, state: 'scheduled', reason: null, detail: '', deadlineAt: startsAt, operation, fromVersions },
    ...{ settings, onlyDiffering, templateId: template?.id ?? null, templateName: template?.name ?? null },
    ...{ firmwareId: firmware?.id ?? null, firmwareName: firmware?.name ?? null },
    ...{ firmwareVersion: firmware?.version ?? null, firmwareModel: firmware?.model ?? null },
    ...{ userId: actor.userId, userName: actor.displayName, apiTokenId: actor.apiTokenId ?? null },
    ...{ waves, wave: 1, waveBeganAt: null, pauseAfterFirstWave, window, waitHours },
    ...{ failurePercent: failureLimit?.percent ?? null, failureLeast: failureLimit?.least ?? 1 },
    ...{ createdAt, startsAt, countedFrom: startsAt, endedAt: null },
  };
}
