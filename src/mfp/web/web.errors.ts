/** The request is answered with an error page that shows the message. */
export class BadRequest extends Error {
  override readonly name: string = 'BadRequest';
  constructor(
    message: string,
    readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415 = 400,
  ) {
    super(message);
  }
}

/** The request needs the login of the administrator. */
export class LoginRequired extends BadRequest {
  override readonly name = 'LoginRequired';
  /** @param challenge the value of WWW-Authenticate (RFC 9110 11.6.1) */
  constructor(readonly challenge: string) {
    super('The device requires a login for this.', 401);
  }
}
