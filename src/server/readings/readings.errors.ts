import { ProblemError } from '../../protocol/problems';

export class UnknownMeterJump extends ProblemError {
  constructor() {
    super('not-found', 'There is no such jump of a meter.');
  }
}
export class UnknownMeteredDevice extends ProblemError {
  constructor() {
    super('not-found', 'There is no such metered device.');
  }
}
