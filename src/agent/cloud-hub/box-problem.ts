import type { ServerResponse } from 'node:http';
import type { Denial } from '../../protocol/access-conditions';
import { PROBLEMS, type ProblemCode } from '../../protocol/problems';

/** The answer to the client in place of the device's. */
export class BoxProblem extends Error {
  override readonly name = 'BoxProblem';
  constructor(
    readonly status: number,
    readonly code: ProblemCode,
    readonly detail: string,
    readonly more: { readonly reason?: Denial; readonly retryAfterSeconds?: number; readonly allow?: string } = {},
  ) {
    super(detail);
  }
}

/** RFC 9457. */
export function sendProblem(response: ServerResponse, { status, code, detail, more }: BoxProblem): void {
  const { title, remedy } = PROBLEMS[code];
  const { reason, retryAfterSeconds, allow } = more;
  const body = JSON.stringify({
    type: `urn:platen:problem:${code}`,
    title,
    status,
    detail,
    code,
    reason,
    remedy,
    retryAfterSeconds,
  });
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds);
  if (allow !== undefined) response.setHeader('allow', allow);
  response.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
