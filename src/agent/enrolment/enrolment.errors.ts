/** The server could not be reached, or is not a Platen server. */
export class ServerUnreachable extends Error {
  override readonly name = 'ServerUnreachable';
  readonly code = 'server-unreachable';
}

/** The enrolment code may not be sent to this address. */
export class ServerNotTrusted extends Error {
  override readonly name = 'ServerNotTrusted';
  readonly code = 'server-not-trusted';
}

/** The server refused the enrolment code; `code` is the problem code (protocol/problems). */
export class EnrolmentRefused extends Error {
  override readonly name = 'EnrolmentRefused';

  constructor(
    readonly code: string,
    detail: string,
  ) {
    super(`the server refused the enrolment: ${detail}`);
  }
}
