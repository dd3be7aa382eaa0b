/**
 * A CONNECT stream that was not opened; `status` is the answer to the CONNECT.
 * 403 another session or not permitted, 404 unknown application, 502 refused by the application or broken tunnel, 503 too
 * many streams, 504 no answer in time.
 */
export class StreamRefused extends Error {
  override readonly name = 'StreamRefused';
  readonly code = 'stream-refused';

  constructor(
    readonly status: 403 | 404 | 502 | 503 | 504,
    readonly detail: string,
  ) {
    super(`the connection to the application was refused (${status}): ${detail}`);
  }
}
