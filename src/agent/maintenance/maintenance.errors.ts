import type { JobFailure } from '../../protocol/maintenance';
import type { JobResults } from './job';

/**
 * Why a command is refused: a stanza error condition (RFC 6120 8.3.3), or a condition of XEP-0050 4.4, which is sent
 * with `bad-request`.
 */
export type CommandRefusal = 'item-not-found' | 'not-allowed' | 'bad-action' | 'bad-payload' | 'bad-sessionid';

/** The command is answered with this error. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';

  constructor(readonly code: CommandRefusal) {
    super(`the command is refused: ${code}`);
  }
}

/** An operation failed. */
export class JobFailed extends Error {
  override readonly name = 'JobFailed';

  /** @param detail shown to users; must not contain secrets @param results what was found or done all the same */
  constructor(
    readonly failure: JobFailure,
    readonly detail = '',
    readonly results: JobResults = {},
  ) {
    super(`${failure}${detail && `: ${detail}`}`);
  }
}
