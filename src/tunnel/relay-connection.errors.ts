import { REFUSALS, type Refusal } from '../protocol/relay-messages';
import { clockHint, isCertificateError } from './pinned-tls';

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

/** Nothing was sent to the relay: outside this computer, a token is sent with encryption only (E13). */
export class RelayNotEncrypted extends Error {
  override readonly name = 'RelayNotEncrypted';
  readonly code = 'relay-not-encrypted';

  constructor() {
    super('the relay was not dialled: its address has no encryption (ws:)');
  }
}

/** Refusals after which the token is still unused. */
const PASSING: readonly Refusal[] = ['control-plane-unavailable', 'draining', 'overloaded'];

/** Whether a retry of `dialRelay` may succeed. A certificate does not become valid, except by another clock. */
export function mayDialAgain(error: unknown): boolean {
  if (error instanceof RelayRefused) return PASSING.includes(error.code);
  if (!(error instanceof RelayUnreachable)) return false;
  const { code = '' } = (error.cause ?? {}) as NodeJS.ErrnoException;
  return !isCertificateError(code) || clockHint(code) !== '';
}
