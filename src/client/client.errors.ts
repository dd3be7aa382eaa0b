import type { components } from './api.generated';

type Problem = components['schemas']['Problem'];

/** The server refused a request; `problem.code` is one of `PROBLEMS` in protocol/problems. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  readonly code: string;

  constructor(readonly problem: Problem) {
    super([problem.title, problem.detail].filter((part) => part).join(': '));
    this.code = problem.code;
  }
}

/** The server issued no access token; `code` is that of RFC 6749 5.2: `invalid_client` for a client that was revoked. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';

  constructor(
    readonly code: string,
    description: string,
  ) {
    super(`the server refused an access token: ${description}`);
  }
}

/** The server could not be reached, or what it answered is not an answer of Platen. */
export class ServerUnusable extends Error {
  override readonly name = 'ServerUnusable';
  readonly code = 'server-unusable';

  constructor(why: string, options?: ErrorOptions) {
    super(`the server cannot be used: ${why}`, options);
  }
}

/** The session ended, or was not approved in time, before its tunnel was open. */
export class SessionOver extends Error {
  override readonly name = 'SessionOver';
  readonly code = 'session-over';

  constructor(
    readonly ending: components['schemas']['Ending'],
    /** With the ending `denied`: the reason class. */
    readonly denial: components['schemas']['Denial'] | undefined,
    detail: string,
  ) {
    super(`the session is over: ${[ending, denial, detail].filter((part) => part).join(', ')}`);
  }
}
