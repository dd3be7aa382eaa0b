import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import type { JobWait } from '../../protocol/maintenance';
import { ProblemError } from '../../protocol/problems';
import { Backoff } from '../../tunnel/backoff';
import { AgentWake } from '../devices/agents/agent-wake';
import { AgentNotWoken, NoSubstitute } from '../devices/devices.errors';
import { DeviceTransport } from '../xmpp/device-transport';
import { AgentOffline } from '../xmpp/xmpp.errors';
import { JobLifecycle } from './job.lifecycle';
import { JobsRepository } from './jobs.repository';

const BACKOFF = { firstMs: LIMITS.WAKE_RETRY_FIRST_MS, maxMs: LIMITS.WAKE_RETRY_MAX_MS };
/** Between two attempts, whatever the back-off says. */
const MIN_INTERVAL_MS = 1_000;

/** An agent that has to be woken; without a timer, an attempt is under way. */
interface Waking {
  readonly backoff: Backoff;
  timer?: NodeJS.Timeout;
}

/**
 * Wakes agents for their jobs (A2): again with back-off, and at once when another agent of the site has come online, until
 * the agent is online or none of its jobs waits any more. Each job has the reason of the last failure.
 */
@Injectable()
export class JobWakes implements OnModuleInit, OnModuleDestroy {
  private readonly waking = new Map<string, Waking>();
  private isStopped = false;

  constructor(
    private readonly lifecycle: JobLifecycle,
    private readonly repository: JobsRepository,
    private readonly transport: DeviceTransport,
    private readonly agentWake: AgentWake,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.transport.onPresence(({ agentId, online }) => {
      if (!online || this.waking.size === 0) return;
      this.tryNeighbours(agentId).catch((error: unknown) =>
        this.journal.unexpected(error, 'waking agents through one that has come online'),
      );
    });
  }

  onModuleDestroy(): void {
    this.isStopped = true;
    for (const { timer } of this.waking.values()) clearTimeout(timer);
  }

  /** Wakes an agent now, if no attempt is under way. */
  start(agentId: string): void {
    const known = this.waking.get(agentId);
    if (this.isStopped || (known && !known.timer)) return;
    const waking = known ?? { backoff: new Backoff(BACKOFF) };
    this.waking.set(agentId, waking);
    clearTimeout(waking.timer);
    waking.timer = undefined;
    this.attempt(agentId, waking).catch((error: unknown) => {
      this.waking.delete(agentId);
      this.journal.unexpected(error, 'waking an agent for its jobs');
    });
  }

  private async tryNeighbours(substitute: string): Promise<void> {
    for (const agentId of await this.agentWake.sameSite(substitute))
      if (this.waking.get(agentId)?.timer) this.start(agentId);
  }

  private async attempt(agentId: string, waking: Waking): Promise<void> {
    const jobs = await this.repository.requestedOf(agentId);
    const failure = jobs.length > 0 && (await this.wake(agentId));
    if (!failure || this.isStopped) return void this.waking.delete(agentId);
    for (const { id } of await this.repository.requestedOf(agentId))
      await this.lifecycle.apply(id, 'not-woken', { values: { waiting: failure } });
    waking.timer = setTimeout(() => this.start(agentId), MIN_INTERVAL_MS + waking.backoff.next());
  }

  /** @returns undefined if the agent is online, or has no wake address */
  private async wake(agentId: string): Promise<JobWait | undefined> {
    try {
      await this.agentWake.bringOnline(agentId);
      return undefined;
    } catch (error) {
      if (error instanceof AgentOffline) return undefined;
      if (!(error instanceof ProblemError)) throw error;
      this.journal.warn('an agent is not woken for its jobs', { agentId, detail: error.detail });
      if (error instanceof NoSubstitute) return { reason: 'no-substitute', tries: [] };
      return { reason: 'not-woken', tries: error instanceof AgentNotWoken ? [...error.tries] : [] };
    }
  }
}
