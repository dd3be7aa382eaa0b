import { ProblemError } from '../../protocol/problems';

export class RolloutOpen extends ProblemError {
  constructor(version: string) {
    super('rollout-open', `Release ${version} is being rolled out.`);
  }
}
export class UnknownRollout extends ProblemError {
  constructor() {
    super('unknown-rollout', 'There is no open rollout with this ID.');
  }
}
export class ReleaseTokenRefused extends ProblemError {
  constructor() {
    super('not-logged-in', 'The token does not cover this release.');
  }
}
