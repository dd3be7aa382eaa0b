import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { PAGE_PROBLEMS, type PageProblemCode } from '../../protocol/approver-page';
import { ProblemError } from '../../protocol/problems';
import type { StaticFile } from '../../static/built-page';

/** The local page and the LAN page of the agent: what both answer with. */
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** An access condition with every application of a device. */
const BODY_BYTES = 8 * 1024;

export function setPageHeaders(response: ServerResponse): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
}

/** An error answer that is not one of the REST API. */
export class PageProblem extends Error {
  override readonly name = 'PageProblem';
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(detail);
  }
}

export const pageProblem = (code: PageProblemCode, detail: string, retryAfterSeconds?: number): PageProblem =>
  new PageProblem(PAGE_PROBLEMS[code].status, code, detail, retryAfterSeconds);

/** The body as text. @param limit in bytes @throws PageProblem if the body is larger */
export async function readBody(request: IncomingMessage, limit = BODY_BYTES): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw new PageProblem(413, 'too-large', `the body has more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

export function sendFile(response: ServerResponse, file: StaticFile): void {
  response.writeHead(200, { 'content-type': file.type, 'content-length': file.body.length }).end(file.body);
}

export function sendJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Answers a request that failed. @throws the error if it is not an expected one */
export function sendError(response: ServerResponse, error: unknown): void {
  if (error instanceof PageProblem) return sendProblem(response, error);
  if (error instanceof ProblemError)
    return sendProblem(response, { ...error.toProblem(), code: error.code, detail: error.detail });
  if (error instanceof z.ZodError)
    return sendProblem(response, {
      status: 400,
      code: 'invalid-request',
      detail: 'the body is not valid for this action',
    });
  throw error;
}

/** RFC 9457. */
export function sendProblem(
  response: ServerResponse,
  problem: Pick<PageProblem, 'status' | 'code' | 'detail' | 'retryAfterSeconds'>,
): void {
  const { status, code, detail, retryAfterSeconds } = problem;
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds);
  const body = JSON.stringify({ type: `urn:platen:problem:${code}`, status, code, detail, retryAfterSeconds });
  response.writeHead(status, { 'content-type': 'application/problem+json', connection: 'close' }).end(body);
}
