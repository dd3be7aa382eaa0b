/** No stream to the control plane is open. */
export class ChannelOffline extends Error {
  override readonly name = 'ChannelOffline';
  readonly code = 'channel-offline';
}

/** The control plane did not answer in time. */
export class ChannelTimeout extends Error {
  override readonly name = 'ChannelTimeout';
  readonly code = 'channel-timeout';
}

/** After these, a retry may succeed. */
const TEMPORARY = [
  'internal-error',
  'internal-server-error',
  'database-unavailable',
  'resource-constraint',
  'too-many-requests',
];

/** The control plane answered with an error; `code` is a problem code (protocol/problems) or a condition of RFC 6120. */
export class ExchangeRefused extends Error {
  override readonly name = 'ExchangeRefused';

  constructor(
    readonly code: string,
    readonly detail: string,
  ) {
    super(`the control plane refused: ${code}${detail && ` (${detail})`}`);
  }

  get isTemporary(): boolean {
    return TEMPORARY.includes(this.code);
  }
}

/**
 * Why a stream ended or could not be opened: `login-refused` the account is not valid, `removed` an
 * administrator has removed this agent, `wrong-key` the server's key
 * differs from the one at enrolment, `intercepted` the same, with a certificate of a TLS-intercepting proxy or of an
 * attacker, `proxy` the outbound proxy does not lead to the server, `in-use` another agent is running with the account, `other-installation` the account
 * belongs to another installation, or to a copy of this one that has logged in later, `replaced` the same account has
 * logged in again, `deferred` the server is busy and has said when to return, `silent` a ping was not answered, `lost` any
 * other reason.
 */
export type StreamEnding =
  | 'login-refused'
  | 'removed'
  | 'wrong-key'
  | 'intercepted'
  | 'proxy'
  | 'in-use'
  | 'other-installation'
  | 'replaced'
  | 'deferred'
  | 'silent'
  | 'lost';

export class StreamEnded extends Error {
  override readonly name = 'StreamEnded';

  constructor(
    readonly ending: StreamEnding,
    readonly detail: string,
    /** Of `deferred`; undefined if the server has given no number. */
    readonly retryAfterSeconds?: number,
  ) {
    super(`the stream ended: ${ending}${detail && ` (${detail})`}`);
  }
}
