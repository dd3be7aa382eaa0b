/** A synthetic session through a relay failed; `detail` names the step and the cause. */
export class TrialFailed extends Error {
  override readonly name = 'TrialFailed';
  readonly code = 'trial-failed';

  constructor(readonly detail: string) {
    super(`the trial of the relay failed: ${detail}`);
  }
}
