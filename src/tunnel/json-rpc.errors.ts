/** The WebSocket closed before the answer came, or too many requests are waiting for one. */
export class RpcUnavailable extends Error {
  override readonly name = 'RpcUnavailable';
  readonly code = 'rpc-unavailable';
}

/** No answer within the time allowed; whether the request was carried out is unknown. */
export class RpcTimeout extends Error {
  override readonly name = 'RpcTimeout';
  readonly code = 'rpc-timeout';
}

/**
 * The other side answered with an error; `rpcCode` as in JSON-RPC 2.0, section 5.1.
 * A handler throws it to choose the error code of its answer.
 */
export class RpcRefused extends Error {
  override readonly name = 'RpcRefused';
  readonly code = 'rpc-refused';

  constructor(
    readonly rpcCode: number,
    message: string,
  ) {
    super(message);
  }
}

/** The other side's result does not fit the method's schema. */
export class RpcMalformedResult extends Error {
  override readonly name = 'RpcMalformedResult';
  readonly code = 'rpc-malformed-result';
}
