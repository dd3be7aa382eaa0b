import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { ProblemError } from '../../protocol/problems';
import { Backoff } from '../../tunnel/backoff';
import { DeviceTransport } from '../xmpp/device-transport';
import { AgentOffline, AgentRefused } from '../xmpp/xmpp.errors';
import { JobDialogue } from './job-dialogue';
import type { JobEntity } from './job.entity';
import { JobWakes } from './job-wakes';
import { JobLifecycle, type QueuedOutputs } from './job.lifecycle';

/** Jobs of one agent that it is polled for at a time; XMPP_IQS_IN_FLIGHT leaves room for sessions beside them. */
const POLLED_AT_ONCE = 16;
/** Between two questions about one job, also if the agent answers at once. */
const MIN_INTERVAL_MS = 500;

/** Jobs of one agent that are to be sent, or polled for. */
interface Queue {
  readonly agentId: string;
  readonly kind: 'send' | 'poll';
  readonly waiting: QueuedJob[];
  inFlight: number;
}
/** An open job. It exists once, so that an agent never has two questions about the same job. */
interface QueuedJob {
  readonly id: string;
  readonly backoff: Backoff;
  /** Where it waits once the question in flight is answered. */
  queue: Queue;
}

/**
 * Sends every open job and polls for its reports until it is over. The jobs of one agent are sent one at a time, in
 * order; a bounded number is polled for at once. While an agent is offline its jobs wait, and it is woken if possible (A2).
 */
@Injectable()
export class JobQueues implements QueuedOutputs, OnModuleInit, OnModuleDestroy {
  private readonly queues = { send: new Map<string, Queue>(), poll: new Map<string, Queue>() };
  private readonly jobs = new Map<string, QueuedJob>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private isStopped = false;

  constructor(
    private readonly lifecycle: JobLifecycle,
    private readonly dialogue: JobDialogue,
    private readonly transport: DeviceTransport,
    private readonly wakes: JobWakes,
    private readonly journal: Journal,
  ) {}

  onModuleInit(): void {
    this.lifecycle.register(this);
    this.transport.onPresence(({ agentId, online }) => {
      if (!online) return;
      for (const queue of [this.queues.send.get(agentId), this.queues.poll.get(agentId)])
        if (queue) this.advance(queue);
    });
  }

  onModuleDestroy(): void {
    this.isStopped = true;
    for (const timer of this.timers) clearTimeout(timer);
  }

  send(job: JobEntity): void {
    this.add(job, 'send');
  }
  poll(job: JobEntity): void {
    this.add(job, 'poll');
  }

  private add({ id, agentId }: JobEntity, kind: Queue['kind']): void {
    const queue = this.queueOf(agentId, kind);
    const known = this.jobs.get(id);
    if (known) {
      known.queue = queue;
      return;
    }
    const job = { id, backoff: new Backoff(), queue };
    this.jobs.set(id, job);
    this.enqueue(job);
  }

  private enqueue(job: QueuedJob): void {
    const { queue } = job;
    queue.waiting.push(job);
    if (queue.kind === 'send' && !this.transport.isOnline(queue.agentId)) this.wakes.start(queue.agentId);
    this.advance(queue);
  }

  private advance(queue: Queue): void {
    const max = queue.kind === 'send' ? 1 : POLLED_AT_ONCE;
    while (!this.isStopped && queue.inFlight < max && this.transport.isOnline(queue.agentId)) {
      const job = queue.waiting.shift();
      if (!job) return;
      queue.inFlight += 1;
      void this.ask(job, queue).finally(() => {
        queue.inFlight -= 1;
        this.advance(queue);
      });
    }
  }

  private async ask(job: QueuedJob, queue: Queue): Promise<void> {
    const askedAt = performance.now();
    try {
      if (!(await this.dialogue.ask(job.id))) {
        this.jobs.delete(job.id);
        return;
      }
      job.backoff.reset();
      const isSent = queue.kind === 'send' && job.queue !== queue;
      this.later(isSent ? 0 : askedAt + MIN_INTERVAL_MS - performance.now(), () => this.enqueue(job));
    } catch (error) {
      if (error instanceof AgentOffline) {
        queue.waiting.unshift(job);
        // it may have gone to sleep at the moment in which it was asked
        if (!this.transport.isOnline(queue.agentId)) this.wakes.start(queue.agentId);
        return;
      }
      this.log(error, job);
      this.later(MIN_INTERVAL_MS + job.backoff.next(), () => this.enqueue(job));
    }
  }

  private later(ms: number, action: () => void): void {
    if (this.isStopped) return;
    const timer = setTimeout(
      () => {
        this.timers.delete(timer);
        action();
      },
      Math.max(0, ms),
    );
    this.timers.add(timer);
  }

  private log(error: unknown, { id }: QueuedJob): void {
    if (error instanceof AgentRefused || error instanceof ProblemError)
      this.journal.warn('an agent does not report a job', { jobId: id, detail: error.message });
    else this.journal.unexpected(error, `asking an agent about job ${id}`);
  }

  private queueOf(agentId: string, kind: Queue['kind']): Queue {
    const queues = this.queues[kind];
    const queue = queues.get(agentId) ?? { agentId, kind, waiting: [], inFlight: 0 };
    queues.set(agentId, queue);
    return queue;
  }
}
