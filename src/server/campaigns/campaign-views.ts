import { Injectable } from '@nestjs/common';
import type {
  Campaign,
  CampaignCounts,
  CampaignDevice,
  CampaignDeviceQuery,
  CampaignHold,
  CampaignWait,
} from '../../protocol/campaign';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import type { Actor } from '../auth/actor';
import { CustomersService } from '../customers/customers.service';
import type { Reach } from '../customers/reach';
import type { Page } from '../database/page';
import { DevicesService } from '../devices/devices.service';
import { JobsRepository } from '../maintenance/jobs.repository';
import type { CampaignDeviceEntity } from './campaign-device.entity';
import { CampaignDevicesRepository, type CountedDevices } from './campaign-devices.repository';
import type { CampaignEntity } from './campaign.entity';
import { endOf } from './campaign.lifecycle';
import { isOver } from './campaign.machine';
import { CampaignWindows, type WindowState } from './campaign-windows';

const NO_DEVICES: CampaignCounts = { waiting: 0, running: 0, succeeded: 0, failed: 0, skipped: 0, cancelled: 0 };

/** Why devices wait for their jobs, at this moment. */
interface Waits {
  readonly windows: ReadonlyMap<string | null, WindowState>;
  readonly reachable: ReadonlySet<string>;
}

/** Campaigns and their devices as a user sees them: only what is within reach. */
@Injectable()
export class CampaignViews {
  constructor(
    private readonly devices: CampaignDevicesRepository,
    private readonly customers: CustomersService,
    private readonly inViews: DevicesService,
    private readonly jobs: JobsRepository,
    private readonly windows: CampaignWindows,
  ) {}

  async present(actor: Actor, campaigns: readonly CampaignEntity[]): Promise<Campaign[]> {
    const reach = await this.customers.reachOf(actor);
    const counts = await this.devices.counts(
      campaigns.map(({ id }) => id),
      reach,
    );
    return Promise.all(
      campaigns.map((each) =>
        this.presentOne(
          each,
          reach,
          counts.filter(({ campaignId }) => campaignId === each.id),
        ),
      ),
    );
  }

  async page(actor: Actor, campaign: CampaignEntity, query: CampaignDeviceQuery): Promise<Page<CampaignDevice>> {
    const reach = await this.customers.reachOf(actor);
    const { rows, next } = await this.devices.page(campaign.id, reach, query);
    const running = rows.filter(({ state }) => state === 'running').flatMap(({ jobId }) => jobId ?? []);
    const jobs = new Map((await this.jobs.among(running)).map((job) => [job.id, job]));
    const waits = await this.waitsOf(
      campaign,
      rows.filter(({ state }) => state === 'waiting'),
    );
    return {
      rows: rows.map((device) => {
        const job = jobs.get(device.jobId ?? '');
        return presentedDevice(device, {
          hold: device.state === 'waiting' ? waitOf(campaign, device, waits) : device.hold,
          percent: job?.percent ?? null,
          activity: job?.activity ?? '',
        });
      }),
      next,
    };
  }

  /** All devices of a campaign, page by page. */
  async *all(actor: Actor, campaign: CampaignEntity): AsyncGenerator<CampaignDevice[]> {
    for (let cursor: string | undefined; ;) {
      const { rows, next } = await this.page(actor, campaign, { limit: LIMITS.PAGE_ROWS, cursor });
      yield rows;
      if (next === null) return;
      cursor = next;
    }
  }

  private async presentOne(
    campaign: CampaignEntity,
    reach: Reach,
    counted: readonly CountedDevices[],
  ): Promise<Campaign> {
    const isOpen = !isOver(campaign.state);
    const [extent, holds, waiting] = await Promise.all([
      this.devices.extent(campaign.id, reach),
      isOpen ? this.devices.countHolds(campaign.id, reach) : [],
      isOpen ? this.devices.countWaiting(campaign.id, reach) : [],
    ]);
    const waits = await this.waitsOf(campaign, waiting);
    const held = new Map<CampaignHold, number>(holds.map(({ hold, devices }) => [hold, devices]));
    for (const each of waiting) {
      const hold = waitOf(campaign, each, waits);
      held.set(hold, (held.get(hold) ?? 0) + each.devices);
    }
    const { failurePercent: percent, failureLeast: least, firmwareId, deadlineAt } = campaign;
    const states = [...waits.windows.values()];
    const opensAt = states.some(({ isOpen: open }) => open) ? [] : states.flatMap(({ until }) => until ?? []);
    return {
      id: campaign.id,
      name: campaign.name,
      operation: campaign.operation,
      firmware:
        firmwareId === null
          ? null
          : {
              ...{ id: firmwareId, name: campaign.firmwareName ?? '', version: campaign.firmwareVersion ?? '' },
              model: campaign.firmwareModel ?? '',
            },
      fromVersions: campaign.fromVersions,
      settings: campaign.settings,
      onlyDiffering: campaign.onlyDiffering,
      template: campaign.templateId === null ? null : { id: campaign.templateId, name: campaign.templateName ?? '' },
      state: campaign.state,
      reason: campaign.reason,
      detail: campaign.detail,
      user: { id: campaign.userId, displayName: campaign.userName },
      mayControl: extent === 'all',
      wave: campaign.wave,
      waves: Array.from({ length: campaign.waves }, (_, index) => ({
        wave: index + 1,
        counts: sumOf(counted.filter(({ wave }) => wave === index + 1)),
      })),
      all: sumOf(counted),
      holds: [...held].map(([hold, devices]) => ({ hold, devices })).sort((one, other) => other.devices - one.devices),
      pauseAfterFirstWave: campaign.pauseAfterFirstWave,
      failureLimit: percent === null ? null : { percent, least },
      window: campaign.window,
      opensAt: opensAt.length > 0 ? toInstant(Math.min(...opensAt.map(Number))) : null,
      waitHours: campaign.waitHours,
      createdAt: toInstant(campaign.createdAt),
      startsAt: toInstant(campaign.startsAt),
      endsAt: toInstant(campaign.state === 'aborting' && deadlineAt ? deadlineAt : endOf(campaign)),
      endedAt: campaign.endedAt && toInstant(campaign.endedAt),
    };
  }

  private async waitsOf(
    { window, state, wave }: CampaignEntity,
    waiting: readonly { agentId: string; customerId: string | null; wave: number }[],
  ): Promise<Waits> {
    if (state !== 'running') return { windows: new Map(), reachable: new Set() };
    const current = waiting.filter((each) => each.wave === wave);
    const [windows, reachable] = await Promise.all([
      this.windows.of(
        window,
        current.map(({ customerId }) => customerId),
        new Date(),
      ),
      this.inViews.reachable(current.map(({ agentId }) => agentId)),
    ]);
    return { windows, reachable };
  }
}

function waitOf(
  { state, wave }: CampaignEntity,
  device: { agentId: string; customerId: string | null; wave: number },
  { windows, reachable }: Waits,
): CampaignWait {
  if (state === 'scheduled') return 'scheduled';
  if (state !== 'running') return 'paused';
  if (device.wave > wave) return 'wave';
  if (!windows.get(device.customerId)?.isOpen) return 'window';
  return reachable.has(device.agentId) ? 'turn' : 'offline';
}

const sumOf = (counted: readonly CountedDevices[]): CampaignCounts =>
  counted.reduce((sum, { state, devices }) => ({ ...sum, [state]: sum[state] + devices }), NO_DEVICES);

const presentedDevice = (
  device: CampaignDeviceEntity,
  now: Pick<CampaignDevice, 'hold' | 'percent' | 'activity'>,
): CampaignDevice => ({
  deviceId: device.deviceId,
  deviceName: device.deviceName,
  wave: device.wave,
  state: device.state,
  ...now,
  jobId: device.jobId,
  skip: device.skip,
  failure: device.failure,
  detail: device.detail,
  versionBefore: device.versionBefore,
  startedAt: device.startedAt && toInstant(device.startedAt),
  endedAt: device.endedAt && toInstant(device.endedAt),
});
