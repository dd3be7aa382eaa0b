import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { jittered } from '../../protocol/waits';
import { ServerConditions } from '../alerts/rules/server-conditions';
import type { Actor } from '../auth/actor';
import { Actors } from '../auth/actors';
import { AuditService } from '../auth/audit/audit.service';
import { DevicesService } from '../devices/devices.service';
import { FirmwareService } from '../maintenance/firmware/firmware.service';
import type { CampaignDeviceEntity } from './campaign-device.entity';
import { CampaignDevicesRepository } from './campaign-devices.repository';
import { CampaignJobs } from './campaign-jobs';
import { CampaignStarts, type StartWith } from './campaign-starts';
import type { CampaignEntity } from './campaign.entity';
import { CampaignEvents, CampaignLifecycle, endOf } from './campaign.lifecycle';
import { isOver } from './campaign.machine';
import { CampaignWindows } from './campaign-windows';
import { CampaignsRepository } from './campaigns.repository';
import { isFailing, withoutJob } from './device-outcome';

/** What of a wave can start now. */
interface Startable {
  readonly device: CampaignDeviceEntity;
  readonly endsAt: Date;
}

/**
 * Advances open campaigns, each by one turn at a time: records the outcome of their jobs, then does what the state demands.
 * A turn reads all that it needs from the database, so that it can follow a crash of the server as well as any other turn.
 */
@Injectable()
export class CampaignRunner implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly turns = new Map<string, { again: boolean; done: Promise<void> }>();
  /** When devices whose job was refused for the moment are tried again, by ID of their row; on the monotonic clock. */
  private readonly retries = new Map<string, number>();
  private readonly stopping = new AbortController();
  private ticking: Promise<void> = Promise.resolve();

  constructor(
    private readonly lifecycle: CampaignLifecycle,
    private readonly repository: CampaignsRepository,
    private readonly devices: CampaignDevicesRepository,
    private readonly jobs: CampaignJobs,
    private readonly starts: CampaignStarts,
    private readonly windows: CampaignWindows,
    private readonly inViews: DevicesService,
    private readonly firmware: FirmwareService,
    private readonly actors: Actors,
    private readonly events: CampaignEvents,
    private readonly audit: AuditService,
    private readonly conditions: ServerConditions,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.conditions.register('campaign-paused', async () => {
      const paused = (await this.repository.open()).filter(
        ({ state, reason }) => state === 'paused' && reason !== 'user',
      );
      return paused.map(({ id, name, reason }) => ({
        severity: reason === 'first-wave' ? 'warning' : 'error',
        subject: id,
        facts: { code: reason ?? '', text: name },
      }));
    });
    this.lifecycle.register((id) => this.wake(id));
    this.jobs.onChange((id) => this.wake(id));
    this.firmware.keepWhile((id) => this.repository.needsFirmware(id));
  }
  onApplicationBootstrap(): void {
    this.ticking = this.tickAlways().catch(() => undefined); // stopped while it waited
  }
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.ticking;
    await Promise.all([...this.turns.values()].map(({ done }) => done));
  }

  /** Has the campaign take a turn, or another one if it is taking one. */
  wake(id: string): void {
    const turn = this.turns.get(id);
    if (turn) turn.again = true;
    else if (!this.stopping.signal.aborted) this.turns.set(id, { again: false, done: this.takeTurns(id) });
  }

  /** What no event announces: hours that begin, agents that return, waits that are over. */
  private async tickAlways(): Promise<void> {
    for (;;) {
      const ms = jittered(LIMITS.CAMPAIGN_TICK_MS, { least: 0.75, most: 1.25 });
      await wait(ms, undefined, { signal: this.stopping.signal });
      try {
        for (const { id, state } of await this.repository.open()) if (state !== 'scheduled') this.wake(id);
      } catch (error) {
        this.journal.unexpected(error, 'looking for open campaigns');
      }
    }
  }

  private async takeTurns(id: string): Promise<void> {
    await Promise.resolve(); // until `wake` has stored this turn
    const turn = this.turns.get(id)!;
    do {
      turn.again = false;
      // the next tick tries again
      await this.advance(id).catch((error: unknown) => this.journal.unexpected(error, `advancing campaign ${id}`));
    } while (turn.again && !this.stopping.signal.aborted);
    this.turns.delete(id);
  }

  private async advance(id: string): Promise<void> {
    const campaign = await this.repository.find(id);
    if (!campaign) return;
    if (isOver(campaign.state)) return this.jobs.close(id);
    const { state } = campaign;
    let isChanged = await this.jobs.record(campaign);
    if (state === 'running') isChanged = (await this.proceed(campaign)) || isChanged;
    else if (state !== 'scheduled') {
      if (state === 'aborting') await this.devices.changeWaiting(id, campaign.waves, withoutJob('cancelled'));
      await this.jobs.withdraw(id);
      if (state === 'aborting' && (await this.devices.countRunning(id)) === 0) await this.lifecycle.apply(id, 'done');
    }
    if (isChanged) this.events.publish('changed', id);
  }

  /** @returns whether a device or the wave has changed */
  private async proceed(campaign: CampaignEntity): Promise<boolean> {
    const { id, wave, waves } = campaign;
    const actor = await this.actorOf(campaign);
    if (!actor) return this.stop(campaign, 'access-ended');
    const isWaveOver = !(await this.devices.hasOpen(id, wave));
    if (isWaveOver && wave === waves) return Boolean(await this.lifecycle.apply(id, 'finish', { from: 'running' }));
    const { succeeded, failed } = await this.ended(campaign);
    const least = isWaveOver ? 1 : campaign.failureLeast;
    if (isFailing({ succeeded, failed }, campaign.failurePercent, least))
      return this.stop(campaign, 'failures', { detail: `Failed devices: ${failed} of ${succeeded + failed}.` });
    if (!isWaveOver) return this.startWave(campaign, actor);
    const values = { wave: wave + 1, waveBeganAt: null };
    // one statement: a server that is killed in between must not pass the pause
    if (wave === 1 && campaign.pauseAfterFirstWave) return this.stop(campaign, 'first-wave', { values });
    if (await this.repository.changeWave(id, wave, values)) this.wake(id);
    return true;
  }

  private async startWave(campaign: CampaignEntity, actor: Actor): Promise<boolean> {
    const { id, wave, waveBeganAt, waitHours } = campaign;
    const now = new Date();
    const waiting = await this.devices.waiting(id, wave);
    const windows = await this.windows.of(
      campaign.window,
      waiting.map(({ customerId }) => customerId),
      now,
    );
    if (!waveBeganAt && ![...windows.values()].some(({ isOpen }) => isOpen)) return false;
    const beganAt = waveBeganAt ?? now;
    if (!waveBeganAt && !(await this.repository.changeWave(id, wave, { waveBeganAt: now }))) return false;
    const waveEndsAt = new Date(Math.min(beganAt.getTime() + waitHours * 3_600_000, endOf(campaign).getTime()));
    if (now >= waveEndsAt) {
      const skipped = await this.devices.changeWaiting(id, wave, withoutJob('skipped', { skip: 'not-started' }));
      if (skipped > 0) this.wake(id);
      return skipped > 0;
    }
    const reachable = await this.inViews.reachable(waiting.map(({ agentId }) => agentId));
    const room = LIMITS.CAMPAIGN_JOBS_OPEN - (await this.devices.countUnheld(id));
    const startable = waiting
      .filter((each) => windows.get(each.customerId)?.isOpen && reachable.has(each.agentId) && this.mayTry(each))
      .slice(0, Math.max(0, room))
      .map((device): Startable => {
        const closesAt = windows.get(device.customerId)?.until ?? waveEndsAt;
        return { device, endsAt: closesAt < waveEndsAt ? closesAt : waveEndsAt };
      });
    return this.startAll(campaign, actor, startable);
  }

  private async startAll(campaign: CampaignEntity, actor: Actor, startable: readonly Startable[]): Promise<boolean> {
    if (startable.length === 0) return false;
    const { firmwareId } = campaign;
    const firmware = firmwareId === null ? null : await this.firmware.get(firmwareId);
    const with_: StartWith = { campaign, actor, firmware };
    const chunk = startable.slice(0, LIMITS.CAMPAIGN_STARTS_AT_ONCE);
    await Promise.all(chunk.map((each) => this.start(with_, each)));
    // the next ones in a turn of their own, which sees what has happened meanwhile
    this.wake(campaign.id);
    return true;
  }

  private async start(with_: StartWith, { device, endsAt }: Startable): Promise<void> {
    const outcome = await this.starts.start(with_, device, endsAt).catch((error: unknown) => {
      this.journal.unexpected(error, `starting a job of campaign ${device.campaignId}`);
      return 'later';
    });
    if (outcome === 'later') this.retries.set(device.id, performance.now() + LIMITS.CAMPAIGN_RETRY_MS);
  }

  private mayTry({ id }: CampaignDeviceEntity): boolean {
    const at = this.retries.get(id);
    if (at !== undefined && performance.now() < at) return false;
    this.retries.delete(id);
    return true;
  }

  private async ended({ id, countedFrom }: CampaignEntity): Promise<{ succeeded: number; failed: number }> {
    const [succeeded, failed] = await Promise.all([
      this.devices.countEnded(id, 'succeeded', countedFrom),
      this.devices.countEnded(id, 'failed', countedFrom),
    ]);
    return { succeeded, failed };
  }

  private async stop(
    { id }: CampaignEntity,
    reason: 'failures' | 'first-wave' | 'access-ended',
    details: { detail?: string; values?: Partial<CampaignEntity> } = {},
  ): Promise<boolean> {
    const stopped = await this.lifecycle.apply(id, 'stop', { from: 'running', reason, ...details });
    if (stopped) await this.audit.record(undefined, 'campaign.stopped', id, reason);
    return stopped !== undefined;
  }

  /** The user that it belongs to, if they may still start jobs. */
  private async actorOf({ userId, apiTokenId }: CampaignEntity): Promise<Actor | undefined> {
    const user = await this.actors.requesterOf({ askerKind: 'user', userId });
    if (!user) return undefined;
    const actor: Actor = { ...user, apiTokenId: apiTokenId ?? undefined };
    return (await this.actors.keepsToken(actor)) ? actor : undefined;
  }
}
