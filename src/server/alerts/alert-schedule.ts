import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { AlertUpkeep } from './alert-upkeep';
import { AgentEvaluation } from './rules/agent-evaluation';
import { DeviceEvaluation } from './rules/device-evaluation';
import { AlertSettingsEvents } from './settings/alert-settings.service';

/** Evaluates once a minute what is due, and all of it from time to time. Deadlines are in the database. */
@Injectable()
export class AlertSchedule implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private ticks = 0;
  private running: Promise<void> | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly devices: DeviceEvaluation,
    private readonly agents: AgentEvaluation,
    private readonly upkeep: AlertUpkeep,
    private readonly settings: AlertSettingsEvents,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.settings.on('changed', () => {
      this.devices.addAll();
      this.run();
    });
  }

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.run(), LIMITS.ALERT_TICK_MS).unref();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private run(): void {
    this.running ??= this.tick(new Date())
      .catch((error: unknown) => void this.journal.unexpected(error, 'evaluating alerts'))
      .finally(() => (this.running = undefined));
  }

  /** One after the other: two could raise the same alert. @throws an error of the database; the next tick tries again */
  tick(now: Date): Promise<void> {
    const tick = this.last.then(() => this.evaluate(now));
    this.last = tick.catch(() => undefined);
    return tick;
  }

  private async evaluate(now: Date): Promise<void> {
    await this.devices.addDue(now);
    await this.agents.check(now);
    this.ticks += 1;
    if (this.ticks % LIMITS.ALERT_SWEEP_TICKS > 0) return;
    this.devices.addAll();
    await this.upkeep.sweep();
  }
}
