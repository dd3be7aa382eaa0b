import { REFUSALS, type Refusal } from '../protocol/relay-messages';

/** The relay refused the half; `code` is the reason (protocol/relay-messages). */
export class RelayRefused extends Error {
  override readonly name = 'RelayRefused';

  constructor(
    readonly code: Refusal,
    readonly detail: string,
  ) {
    super(`the relay refused the connection: ${REFUSALS[code].meaning}${detail && ` (${detail})`}`);
  }
}

/** The relay could not be reached, or its answer was not that of a relay. `cause` may be a CertificateMismatch. */
export class RelayUnreachable extends Error {
  override readonly name = 'RelayUnreachable';
  readonly code = 'relay-unreachable';

  constructor(
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(`the relay cannot be reached: ${detail}`, options);
  }
}
