/** There is no stream to the control plane at the moment. */
export class ChannelOffline extends Error {
  override readonly name = 'ChannelOffline';
  readonly code = 'channel-offline';
}

/** The control plane did not answer in time. */
export class ChannelTimeout extends Error {
  override readonly name = 'ChannelTimeout';
  readonly code = 'channel-timeout';
}

/** The control plane answered with an error; `code` is its problem's (protocol/problems) or RFC 6120's condition. */
export class ExchangeRefused extends Error {
  override readonly name = 'ExchangeRefused';

  constructor(
    readonly code: string,
    readonly detail: string,
  ) {
    super(`the control plane refused: ${code}${detail && ` (${detail})`}`);
  }
}

/**
 * Why a stream could not be opened, or ended:
 * `login-refused` the account is not valid, `wrong-key` the server shows another key than at enrolment,
 * `replaced` the same account has logged in elsewhere, `silent` a ping stayed unanswered, `lost` anything else.
 */
export type StreamEnding = 'login-refused' | 'wrong-key' | 'replaced' | 'silent' | 'lost';

export class StreamEnded extends Error {
  override readonly name = 'StreamEnded';

  constructor(
    readonly ending: StreamEnding,
    readonly detail: string,
  ) {
    super(`the stream ended: ${ending}${detail && ` (${detail})`}`);
  }
}
