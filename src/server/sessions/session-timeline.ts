import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import type { Step } from '../../protocol/steps';
import type { SessionStepEntity } from './session-step.entity';
import { SessionsRepository } from './sessions.repository';

/** Maximum number of steps that wait for the database. Further steps are only in the log. */
const WAITING_STEPS = 10_000;
const STEPS_AT_ONCE = 100;
/** The length of the column `session_steps.detail`. */
const DETAIL_CHARACTERS = 300;

type StepDetails = Partial<Pick<SessionStepEntity, 'detail' | 'decision'>>;

/**
 * Records the numbered steps of the control plane: in the log every time, and in the session's timeline the first time
 * only, so that polling and repeated reports do not make it grow.
 */
@Injectable()
export class SessionTimeline implements OnApplicationShutdown {
  private readonly waiting: Omit<SessionStepEntity, 'id'>[] = [];
  private isWriting = false;
  private written: Promise<void> = Promise.resolve();

  constructor(
    private readonly repository: SessionsRepository,
    private readonly journal: Journal,
  ) {}

  /** Returns at once. The rows of the timeline are stored in the order of the calls. */
  step(step: Step, sessionId: string, { detail = '', decision = null }: StepDetails = {}): void {
    this.journal.step(step, sessionId, decision ?? (detail ? { detail } : undefined));
    if (this.waiting.length >= WAITING_STEPS) return;
    this.waiting.push({ sessionId, step, detail: detail.slice(0, DETAIL_CHARACTERS), decision, at: new Date() });
    if (!this.isWriting) this.written = this.write();
  }

  onApplicationShutdown(): Promise<void> {
    return this.written;
  }

  /** Stores one batch at a time, because concurrent writes would not keep the order. */
  private async write(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, STEPS_AT_ONCE);
      await this.repository
        .addSteps(batch)
        .catch((error: unknown) => this.journal.unexpected(error, `storing ${batch.length} steps of sessions`));
    }
    this.isWriting = false;
  }
}
