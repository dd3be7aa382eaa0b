import { Catch, HttpException, Injectable, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Journal } from '../../journal/journal';
import { ProblemError } from '../../protocol/problems';
import { InternalError, InvalidRequest, NotFound, TooLarge } from './http.errors';

/** Answers every error as `application/problem+json` (RFC 9457). */
@Injectable()
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly journal: Journal) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const problem = this.problemOf(error, request);
    if (response.headersSent) {
      // Too late for an error answer: cut the connection, so that the client does not accept the part as complete.
      response.destroy();
      return;
    }
    const { status, ...body } = problem.toProblem();
    const challenge = problem.challenge();
    if (challenge !== undefined) response.setHeader('WWW-Authenticate', challenge);
    if (problem.retryAfterSeconds !== undefined) response.setHeader('Retry-After', problem.retryAfterSeconds);
    response
      .status(status)
      .type('application/problem+json')
      .send(JSON.stringify({ ...body, status }));
  }

  private problemOf(error: unknown, request: Request): ProblemError {
    if (error instanceof ProblemError) return error;
    const status = clientErrorOf(error);
    if (status === 404) return new NotFound();
    if (status === 413) return new TooLarge();
    if (status !== undefined) return new InvalidRequest((error as Error).message);
    return new InternalError(this.journal.unexpected(error, `answering ${request.method} ${request.path}`));
  }
}

/** Status 400 to 499 of a Nest exception or of an error of Express's body parser, which marks its own with `expose`. */
function clientErrorOf(error: unknown): number | undefined {
  const status = error instanceof HttpException ? error.getStatus() : exposedStatus(error);
  return status !== undefined && status >= 400 && status < 500 ? status : undefined;
}

function exposedStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('expose' in error) || !('status' in error)) return undefined;
  return error.expose === true && typeof error.status === 'number' ? error.status : undefined;
}
