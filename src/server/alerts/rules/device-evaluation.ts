import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import type { AlertRule, AlertRules } from '../../../protocol/alert';
import { LIMITS } from '../../../protocol/limits';
import { DeviceEvents } from '../../devices/device-events';
import { DeviceTransport } from '../../xmpp/device-transport';
import { AlertChanges } from '../alert-changes';
import { AlertsRepository } from '../alerts.repository';
import { DeviceTrends, type DeviceTrend } from '../../readings/trends';
import { AlertSettingsService } from '../settings/alert-settings.service';
import { conditionsOf } from './conditions';
import { reconcile, suspended, type AlertChange } from './reconcile';
import { TargetsRepository, type DeviceTarget } from './targets.repository';

/** Alerts that are due in one minute, beyond which some are raised a minute later. */
const DUE_AT_ONCE = 1_000;

/**
 * Compares devices with the rules: whenever there is new information about one, when an alert of it is due, and when the
 * rules have changed. Only information that has come over the present connection of the agent counts: what was stored
 * before may be out of date, and the agent reports all of it again after each login.
 */
@Injectable()
export class DeviceEvaluation implements OnModuleInit, OnModuleDestroy {
  /** When each agent connected, and when each device was last informed about, in ms since 1970. */
  private readonly connectedAt = new Map<string, number>();
  private readonly informedAt = new Map<string, number>();
  private readonly waiting = new Set<string>();
  private running = Promise.resolve();
  private isRunning = false;
  private retry: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(
    private readonly targets: TargetsRepository,
    private readonly alerts: AlertsRepository,
    private readonly settings: AlertSettingsService,
    private readonly trends: DeviceTrends,
    private readonly changes: AlertChanges,
    private readonly devices: DeviceEvents,
    private readonly transport: DeviceTransport,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.devices.on('informed', (deviceId) => {
      this.informedAt.set(deviceId, Date.now());
      this.add([deviceId]);
    });
    this.transport.onPresence(({ agentId, online }) => {
      if (online) this.connectedAt.set(agentId, Date.now());
      else this.connectedAt.delete(agentId);
    });
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopped = true;
    this.waiting.clear();
    clearTimeout(this.retry);
    await this.running;
  }

  /** Evaluates these devices soon; one that is added again meanwhile is evaluated once. */
  add(deviceIds: readonly string[]): void {
    if (this.isStopped) return;
    for (const id of deviceIds) this.waiting.add(id);
    if (!this.isRunning) this.running = this.run();
  }
  addAll(): void {
    this.add([...this.informedAt.keys()]);
  }
  async addDue(now: Date): Promise<void> {
    this.add(await this.alerts.due(now, DUE_AT_ONCE));
  }

  /** Resolves when all that was added has been evaluated. */
  async settled(): Promise<void> {
    while (this.isRunning) await this.running;
  }

  /** Never rejects. */
  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.size > 0) {
      const batch = [...this.waiting].slice(0, LIMITS.ALERT_BATCH);
      for (const id of batch) this.waiting.delete(id);
      try {
        await this.evaluate(batch);
      } catch (error) {
        this.journal.unexpected(error, 'evaluating devices for alerts');
        this.repeatLater(batch);
        break;
      }
    }
    this.isRunning = false;
  }

  private repeatLater(deviceIds: readonly string[]): void {
    if (this.isStopped) return;
    for (const id of deviceIds) this.waiting.add(id);
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.add([]), LIMITS.ALERT_RETRY_MS).unref();
  }

  private async evaluate(deviceIds: readonly string[]): Promise<void> {
    const now = new Date();
    const devices = await this.targets.devices(deviceIds);
    const standing = await this.alerts.ofDevices(deviceIds);
    const trends = await this.trends.of(deviceIds, now);
    const changes: AlertChange[] = [];
    for (const device of devices) {
      const { rules } = await this.settings.for(device.customerId);
      const ofDevice = standing.filter(({ deviceId }) => deviceId === device.deviceId);
      changes.push(...this.changesOf(device, trends.get(device.deviceId), ofDevice, rules, now));
    }
    for (const id of deviceIds) if (!devices.some(({ deviceId }) => deviceId === id)) this.informedAt.delete(id);
    await this.changes.make(changes, now);
  }

  private changesOf(
    device: DeviceTarget,
    trend: DeviceTrend | undefined,
    standing: Parameters<typeof reconcile>[0],
    rules: AlertRules,
    now: Date,
  ): AlertChange[] {
    const { information } = device;
    if (!information || !this.isCurrent(device)) return suspended(standing);
    const conditions = conditionsOf(information, rules, trend);
    const resolutionOf = (rule: AlertRule) =>
      rule in rules && !rules[rule as keyof AlertRules].enabled ? 'rule-off' : 'cleared';
    // of a device that does not answer, only that is known
    const covers = (rule: AlertRule) => information.reached || rule === 'device-silent';
    const unknown = standing.filter(({ rule }) => !covers(rule));
    return [...reconcile(standing, conditions, device, now, covers, resolutionOf), ...suspended(unknown)];
  }

  private isCurrent({ deviceId, agentId }: DeviceTarget): boolean {
    const since = this.connectedAt.get(agentId) ?? Infinity;
    return this.transport.isOnline(agentId) && (this.informedAt.get(deviceId) ?? -Infinity) >= since;
  }
}
