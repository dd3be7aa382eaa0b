/** The request is answered with an error page that shows the message. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
  constructor(
    message: string,
    readonly status: 400 | 403 | 404 | 405 | 413 | 415 = 400,
  ) {
    super(message);
  }
}
