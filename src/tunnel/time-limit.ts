/**
 * Runs `work` with a time limit. Its signal aborts after `ms` milliseconds, counted from the last call of `again`, or with
 * `outer`. The wait ends then, even if `work` ignores its signal.
 *
 * Instead of AbortSignal.any with AbortSignal.timeout: Node holds the sources of a combined signal weakly, and a timeout
 * that the garbage collector has removed never aborts it (nodejs/node#57736, #65995).
 * @throws the reason of `outer`, or `late()`: by default a DOMException named TimeoutError
 */
export async function withTimeLimit<T>(
  ms: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal, again: () => void) => Promise<T>,
  late: () => Error = () => new DOMException(`not done within ${ms} ms`, 'TimeoutError'),
): Promise<T> {
  const ending = new AbortController();
  const { signal } = ending;
  const ended = new Promise<never>((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error)),
  );
  const timer = setTimeout(() => ending.abort(late()), ms);
  const withOuter = (): void => ending.abort(outer?.reason);
  outer?.addEventListener('abort', withOuter);
  if (outer?.aborted) withOuter();
  try {
    return await Promise.race([ended, work(signal, () => timer.refresh())]);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', withOuter);
  }
}
