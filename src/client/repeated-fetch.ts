import { setTimeout as delay } from 'node:timers/promises';
import { jittered } from '../protocol/waits';
import { Backoff } from '../tunnel/backoff';
import { ProxyRefused } from '../tunnel/outbound-proxy';
import { withTimeLimit } from '../tunnel/time-limit';
import { ServerUnusable } from './client.errors';

export type Fetch = (request: Request) => Promise<Response>;

export interface Patience {
  /** Attempts of one request. */
  readonly attempts: number;
  /** From sending a request to the end of its answer, in milliseconds. */
  readonly timeoutMs: number;
  /** The longest Retry-After that is waited for, in milliseconds. With a longer one, the caller gets the answer. */
  readonly longestWaitMs: number;
}
export const PATIENCE: Patience = { attempts: 4, timeoutMs: 20_000, longestWaitMs: 60_000 };

/** The largest answer; lists come in pages. */
const ANSWER_BYTES = 8 * 1024 * 1024;
/** Sent by a proxy when the server is down. */
const UNANSWERED: readonly number[] = [502, 504];

/**
 * Sends a request, again when it was refused for a time (429, or 503 with Retry-After), and when it is not known whether
 * it arrived, if it may be repeated. @throws ServerUnusable, or the reason of the request's own signal
 */
export async function repeatedFetch(
  fetch: Fetch,
  request: Request,
  { attempts, timeoutMs, longestWaitMs }: Patience,
  mayRepeat = request.method === 'GET',
): Promise<Response> {
  const backoff = new Backoff();
  for (let left = attempts - 1; ; left--) {
    let waitMs: number | undefined;
    let answer: Response | undefined;
    let failure: unknown;
    try {
      answer = await exchange(fetch, request.clone(), timeoutMs);
      waitMs = mayRepeat && UNANSWERED.includes(answer.status) ? backoff.next() : refusedForMs(answer);
    } catch (error) {
      request.signal.throwIfAborted();
      if (error instanceof ServerUnusable) throw error;
      failure = error;
      if (mayRepeat) waitMs = backoff.next();
    }
    if (waitMs !== undefined && waitMs <= longestWaitMs && left > 0) {
      // jitter in one direction: not before the time that the server has named
      const { signal } = request;
      await delay(jittered(waitMs, { least: 1, most: 1.25 }), undefined, { signal }).catch(() => undefined);
      signal.throwIfAborted();
      continue;
    }
    if (answer) return answer;
    throw new ServerUnusable(wordsOf(failure), { cause: failure });
  }
}

/** One attempt, with its whole answer. A redirect is an error: it would take credentials elsewhere. */
const exchange = (fetch: Fetch, request: Request, timeoutMs: number): Promise<Response> =>
  withTimeLimit(timeoutMs, request.signal, (signal) =>
    wholeAnswer(fetch, new Request(request, { signal, redirect: 'error' })),
  );

async function wholeAnswer(fetch: Fetch, request: Request): Promise<Response> {
  const answer = await fetch(request);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES) throw new ServerUnusable('its answer is too large');
    chunks.push(chunk);
  }
  return new Response(answer.body && Buffer.concat(chunks), answer);
}

/** The wait that the server asks for, in milliseconds; undefined: it does not ask for another attempt. */
function refusedForMs(answer: Response): number | undefined {
  const text = answer.headers.get('Retry-After');
  if (![429, 503].includes(answer.status) || text === null) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(ms, 0) : undefined;
}

/** `fetch` rejects with `fetch failed` and the cause. */
function wordsOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
  if (name === 'TimeoutError') return 'no answer in time';
  if (error instanceof ProxyRefused) return message; // says more than the code of its cause
  return cause?.code ?? cause?.message ?? message;
}
