import { ProblemError } from '../../protocol/problems';

/** The same for a notice of somebody else: nobody learns that it exists. */
export class UnknownNotice extends ProblemError {
  constructor() {
    super('unknown-notice', 'There is no such notice of yours.');
  }
}
