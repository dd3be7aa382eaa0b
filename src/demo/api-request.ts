import { problem } from '../protocol/problems';

export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
}

/** Sends one request to the REST API, as a browser does. @throws RequestRefused with the detail of the problem */
export async function request(
  serverUrl: string,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  cookie?: string,
): Promise<{ body: unknown; cookie: string | undefined }> {
  const response = await fetch(`${serverUrl}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(cookie && { cookie }) },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    const known = problem.safeParse(answer);
    throw new RequestRefused(`${method} ${path}: ${known.success ? known.data.detail : `HTTP ${response.status}`}`);
  }
  return { body: answer, cookie: response.headers.getSetCookie().at(-1)?.split(';')[0] };
}
