/** A request that gets an error page; the message is for the person. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
  constructor(
    message: string,
    readonly status: 400 | 403 | 404 | 405 | 413 | 415 = 400,
  ) {
    super(message);
  }
}
