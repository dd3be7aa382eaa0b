import { ProblemError } from '../../protocol/problems';

/** Also for a notice of another user: its existence is not revealed. */
export class UnknownNotice extends ProblemError {
  constructor() {
    super('unknown-notice', 'You have no such notice.');
  }
}
