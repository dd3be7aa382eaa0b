import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import type { OauthError } from '../../../protocol/external-clients';
import { TooManyRequests } from '../../http/http.errors';

/** An error answer of the token endpoint (RFC 6749 5.2). */
export abstract class OauthFailure extends Error {
  constructor(
    readonly status: number,
    readonly error: OauthError['error'],
    description: string,
  ) {
    super(description);
    this.name = new.target.name;
  }
}
export class InvalidTokenRequest extends OauthFailure {
  constructor(description: string) {
    super(400, 'invalid_request', description);
  }
}
export class InvalidClient extends OauthFailure {
  constructor(description: string) {
    super(401, 'invalid_client', description);
  }
}
export class UnsupportedGrantType extends OauthFailure {
  constructor() {
    super(400, 'unsupported_grant_type', 'The only grant type is client_credentials.');
  }
}
export class InvalidScope extends OauthFailure {
  constructor(description: string) {
    super(400, 'invalid_scope', description);
  }
}

/**
 * Answers the errors of the token endpoint as OAuth clients expect them. RFC 6749 has no code for too many requests; all
 * other errors, which have none either, are problems as elsewhere.
 */
@Catch(OauthFailure, TooManyRequests)
export class OauthErrorFilter implements ExceptionFilter {
  catch(error: OauthFailure | TooManyRequests, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    if (error instanceof OauthFailure) {
      if (error.status === 401) response.setHeader('WWW-Authenticate', 'Basic realm="platen", charset="UTF-8"');
      return answer(response, error.status, { error: error.error, error_description: error.message });
    }
    if (error.retryAfterSeconds !== undefined) response.setHeader('Retry-After', error.retryAfterSeconds);
    answer(response, 429, {
      error: 'temporarily_unavailable',
      error_description: 'There were too many requests. Wait for the time given in Retry-After.',
    });
  }
}

function answer(response: Response, status: number, body: OauthError): void {
  response.status(status).setHeader('Pragma', 'no-cache').json(body);
}
