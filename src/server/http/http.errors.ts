import type { StandardSchemaV1 } from '@standard-schema/spec';
import { ProblemError, type Problem } from '../../protocol/problems';

/** More errors would not be read, and each repeats its path. */
const ERRORS = 20;
const MESSAGE_CHARACTERS = 200;

export class InvalidRequest extends ProblemError {
  constructor(detail: string, errors?: Problem['errors']) {
    super('invalid-request', detail, errors);
  }

  /** From the issues of a schema. */
  static from(issues: readonly StandardSchemaV1.Issue[]): InvalidRequest {
    const errors = issues.slice(0, ERRORS).map((issue) => ({
      path: (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
      message: issue.message.slice(0, MESSAGE_CHARACTERS),
    }));
    return new InvalidRequest('Some fields are missing, unknown or not valid.', errors);
  }
}

export class UnknownHost extends ProblemError {
  constructor() {
    super('unknown-host', 'The host name of the request is none of this server.');
  }
}

export class TooManyRequests extends ProblemError {
  /** @param retryAfterSeconds sent as `Retry-After` */
  constructor(detail: string, retryAfterSeconds?: number) {
    super('too-many-requests', detail, undefined, retryAfterSeconds);
  }
}

export class TooLarge extends ProblemError {
  constructor() {
    super('too-large', 'The body is larger than this server accepts.');
  }
}

export class NotFound extends ProblemError {
  constructor(detail = 'There is no resource at this address.') {
    super('not-found', detail);
  }
}

/** An unexpected error, already logged under the incident ID. */
export class InternalError extends ProblemError {
  constructor(incident: string) {
    super('internal-error', `Incident ${incident}`);
  }
}
