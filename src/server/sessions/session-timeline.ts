import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import type { Step } from '../../protocol/steps';
import type { SessionStepEntity } from './session-step.entity';
import { SessionsRepository } from './sessions.repository';

/** Maximum number of steps that wait for the database. Further steps are only in the log. */
const WAITING_STEPS = 10_000;
const STEPS_AT_ONCE = 100;
/** Steps of this time are stored together: while a session is set up, its other statements do not wait for them. */
const GATHER_MS = 100;
/** The length of the column `session_steps.detail`. */
const DETAIL_CHARACTERS = 300;

type StepDetails = Partial<Pick<SessionStepEntity, 'detail' | 'decision'>>;

/**
 * Records the numbered steps of the control plane: in the log every time, and in the session's timeline the first time
 * only, so that polling and repeated reports do not make it grow.
 */
@Injectable()
export class SessionTimeline implements OnApplicationShutdown {
  private gathered: Omit<SessionStepEntity, 'id'>[] = [];
  private timer: NodeJS.Timeout | undefined;
  /** Steps that are not stored yet. */
  private waiting = 0;
  /** One batch after the other, because concurrent writes would not keep the order. */
  private written: Promise<void> = Promise.resolve();

  constructor(
    private readonly repository: SessionsRepository,
    private readonly journal: Journal,
  ) {}

  /** Returns at once. The rows of the timeline are stored in the order of the calls. */
  step(step: Step, sessionId: string, { detail = '', decision = null }: StepDetails = {}): void {
    this.journal.step(step, sessionId, decision ?? (detail ? { detail } : undefined));
    if (this.waiting >= WAITING_STEPS) return;
    this.waiting++;
    this.gathered.push({ sessionId, step, detail: detail.slice(0, DETAIL_CHARACTERS), decision, at: new Date() });
    if (this.gathered.length >= STEPS_AT_ONCE) void this.stored();
    else this.timer ??= setTimeout(() => void this.stored(), GATHER_MS);
  }

  /** Resolves when all steps so far are stored, or have failed. */
  stored(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = this.gathered;
    this.gathered = [];
    if (batch.length > 0) this.written = this.written.then(() => this.store(batch));
    return this.written;
  }

  onApplicationShutdown(): Promise<void> {
    return this.stored();
  }

  private async store(batch: readonly Omit<SessionStepEntity, 'id'>[]): Promise<void> {
    await this.repository
      .addSteps(batch)
      .catch((error: unknown) => this.journal.unexpected(error, `storing ${batch.length} steps of sessions`));
    this.waiting -= batch.length;
  }
}
