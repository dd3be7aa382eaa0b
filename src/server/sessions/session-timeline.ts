import { Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import type { Step } from '../../protocol/steps';
import { SessionsRepository } from './sessions.repository';

/** Notes each numbered step of the control plane twice: in the log, and in the session's own timeline. */
@Injectable()
export class SessionTimeline {
  constructor(
    private readonly repository: SessionsRepository,
    private readonly journal: Journal,
  ) {}

  /** Returns at once, so that the order of steps is the order of calls; the timeline's row follows. */
  step(step: Step, sessionId: string): void {
    this.journal.step(step, sessionId);
    this.repository
      .addStep(sessionId, step)
      .catch((error: unknown) => this.journal.unforeseen(error, `noting step ${step} of session ${sessionId}`));
  }
}
