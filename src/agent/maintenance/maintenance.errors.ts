import type { JobFailure } from '../../protocol/maintenance';

/**
 * Why a command is refused: a stanza's condition (RFC 6120 8.3.3) where the name is one, otherwise `bad-request` with
 * this condition of XEP-0050 4.4.
 */
export type CommandRefusal = 'item-not-found' | 'not-allowed' | 'bad-action' | 'bad-payload' | 'bad-sessionid';

/** The command is answered with an error. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';

  constructor(readonly code: CommandRefusal) {
    super(`the command is refused: ${code}`);
  }
}

/** An operation could not be carried out; the failure names why. */
export class JobFailed extends Error {
  override readonly name = 'JobFailed';

  /** @param detail without secrets: people read it */
  constructor(
    readonly failure: JobFailure,
    readonly detail = '',
  ) {
    super(`${failure}${detail && `: ${detail}`}`);
  }
}
