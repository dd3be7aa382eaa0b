import { z } from 'zod';
import { parseJson } from '../../protocol/parse-json';
import { problem, type Problem } from '../../protocol/problems';
import { noteServerTime } from './server-time';

const TIMEOUT_MS = 20_000;

/** The server answered with a problem. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  constructor(readonly problem: Problem) {
    super(problem.title);
  }
}
/** There was no answer, or it was not from a Platen server. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}
/** An answer that does not match its schema: server and console have different versions. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
}

export const codeOf = (error: unknown): string | undefined =>
  error instanceof ApiProblem ? error.problem.code : undefined;

export const nothing = z.undefined();

/**
 * One request to the REST API.
 * @param path below `/api`
 * @throws ApiProblem, Unreachable, UnexpectedAnswer
 */
export async function call<T>(
  schema: z.ZodType<T>,
  method: string,
  path: string,
  body?: unknown,
  timeoutMs = TIMEOUT_MS,
): Promise<T> {
  const response = await fetch(`/api${path}`, {
    method,
    credentials: 'same-origin',
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: unknown) => {
    throw new Unreachable(String(error));
  });
  noteServerTime(response.headers.get('date'));
  return answerOf(schema, `${method} ${path}`, response.status, await response.text().catch(() => ''));
}

/** @throws ApiProblem, Unreachable, UnexpectedAnswer */
export function answerOf<T>(schema: z.ZodType<T>, request: string, status: number, text: string): T {
  const answer = text === '' ? undefined : parseJson(text);
  if (status < 200 || status > 299) {
    const parsed = problem.safeParse(answer);
    if (!parsed.success) throw new Unreachable(`HTTP ${status}`);
    throw new ApiProblem(parsed.data);
  }
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw new UnexpectedAnswer(`${request}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
