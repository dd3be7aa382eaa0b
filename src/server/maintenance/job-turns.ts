import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { ProblemError } from '../../protocol/problems';
import { Backoff } from '../../tunnel/backoff';
import { AgentWake } from '../devices/agents/agent-wake';
import { DeviceTransport } from '../xmpp/device-transport';
import { AgentOffline, AgentRefused } from '../xmpp/xmpp.errors';
import { JobDialogue } from './job-dialogue';
import type { JobEntity } from './job.entity';

/** Jobs of one agent that are asked about at a time; XMPP_IQS_IN_FLIGHT leaves room for sessions beside them. */
const ASKED_AT_ONCE = 16;
/** An agent that answers at once, though nothing has changed, is not asked more often than this. */
const BETWEEN_MS = 500;

interface Turn {
  readonly jobId: string;
  readonly backoff: Backoff;
}
/** Jobs of one agent that wait for their turn. */
interface Queue {
  readonly agentId: string;
  readonly atOnce: number;
  readonly waiting: Turn[];
  asked: number;
}

/**
 * Whose turn it is: every open job is sent, or asked about, again and again until it is over. Of one agent's jobs one is
 * sent at a time, so that they keep their order, and so many are asked about; the others come in turn. While an agent is
 * away its jobs wait; one that saves power is woken for them (A2).
 */
@Injectable()
export class JobTurns implements OnModuleInit, OnModuleDestroy {
  private readonly toSend = new Map<string, Queue>();
  private readonly toFollow = new Map<string, Queue>();
  private readonly pauses = new Set<NodeJS.Timeout>();
  private stopped = false;

  constructor(
    private readonly dialogue: JobDialogue,
    private readonly transport: DeviceTransport,
    private readonly agentWake: AgentWake,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.transport.onPresence(({ agentId, online }) => {
      if (online) this.goOn(agentId);
    });
  }

  /** An open job that nobody has taken yet. */
  take({ id, agentId, state }: JobEntity): void {
    const isNew = state === 'requested';
    const queue = queueOf(isNew ? this.toSend : this.toFollow, agentId, isNew ? 1 : ASKED_AT_ONCE);
    queue.waiting.push({ jobId: id, backoff: new Backoff() });
    if (isNew && !this.transport.isOnline(agentId)) this.wake(agentId);
    this.go(queue);
  }

  onModuleDestroy(): void {
    this.stopped = true;
    for (const pause of this.pauses) clearTimeout(pause);
  }

  /** The agent has come (back). */
  private goOn(agentId: string): void {
    for (const queues of [this.toSend, this.toFollow]) {
      const queue = queues.get(agentId);
      if (queue) this.go(queue);
    }
  }

  private go(queue: Queue): void {
    while (!this.stopped && queue.asked < queue.atOnce && this.transport.isOnline(queue.agentId)) {
      const turn = queue.waiting.shift();
      if (!turn) return;
      queue.asked += 1;
      void this.ask(turn, queue).finally(() => {
        queue.asked -= 1;
        this.go(queue);
      });
    }
  }

  private async ask(turn: Turn, queue: Queue): Promise<void> {
    const since = performance.now();
    try {
      const job = await this.dialogue.ask(turn.jobId);
      const isSent = queue.atOnce === 1 && job?.state !== 'requested';
      if (job) this.later(isSent ? 0 : since + BETWEEN_MS - performance.now(), () => this.take(job));
    } catch (error) {
      if (error instanceof AgentOffline) {
        queue.waiting.unshift(turn);
        // it may have gone to sleep in the very moment in which it was asked
        if (!this.transport.isOnline(queue.agentId)) this.wake(queue.agentId);
        return;
      }
      this.note(error, turn);
      this.later(BETWEEN_MS + turn.backoff.next(), () => {
        queue.waiting.push(turn);
        this.go(queue);
      });
    }
  }

  private wake(agentId: string): void {
    this.agentWake.wake(agentId, null).catch((error: unknown) => {
      if (error instanceof AgentOffline) return; // it does not sleep
      if (error instanceof ProblemError)
        this.journal.warn('an agent is not woken for its jobs', { agentId, detail: error.detail });
      else this.journal.unexpected(error, 'waking an agent for its jobs');
    });
  }

  private later(ms: number, go: () => void): void {
    if (this.stopped) return;
    const pause = setTimeout(
      () => {
        this.pauses.delete(pause);
        go();
      },
      Math.max(0, ms),
    );
    this.pauses.add(pause);
  }

  private note(error: unknown, { jobId }: Turn): void {
    if (error instanceof AgentRefused || error instanceof ProblemError)
      this.journal.warn('an agent gives no news of a job', { jobId, detail: error.message });
    else this.journal.unexpected(error, `asking about job ${jobId}`);
  }
}

function queueOf(queues: Map<string, Queue>, agentId: string, atOnce: number): Queue {
  const queue = queues.get(agentId) ?? { agentId, atOnce, waiting: [], asked: 0 };
  queues.set(agentId, queue);
  return queue;
}
