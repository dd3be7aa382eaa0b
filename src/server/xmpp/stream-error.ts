/** Defined stream error conditions (RFC 6120 4.9.3) that this server uses. */
export type StreamCondition =
  | 'bad-format'
  | 'conflict'
  | 'connection-timeout'
  | 'host-unknown'
  | 'internal-server-error'
  | 'invalid-namespace'
  | 'not-authorized'
  | 'not-well-formed'
  | 'policy-violation'
  | 'resource-constraint'
  | 'restricted-xml'
  | 'system-shutdown'
  | 'unsupported-stanza-type';

/** Thrown while the input of a stream is read: ends that stream with the condition, and no other. */
export class StreamError extends Error {
  override readonly name = 'StreamError';

  constructor(
    readonly condition: StreamCondition,
    text: string,
    /** Asks the agent to return after this time. */
    readonly retryAfterSeconds?: number,
  ) {
    super(text);
  }
}
