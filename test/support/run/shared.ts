/** What the specs of a run share: each is made when the first spec asks for it, and removed after the last one (`set-up.ts`). */
export type Shared =
  /** A PostgreSQL server: its URL. */
  | 'postgres'
  /** The folder of Platen's Debian packages. */
  | 'packages'
  /** The folder of a minimal Debian. Only copies are used. */
  | 'debian';

/** Makes it, or waits until it is made. @returns where it is */
export async function shared(what: Shared): Promise<string> {
  const answer = await fetch(`${process.env.PLATEN_TEST_SHARED!}/${what}`, {
    signal: AbortSignal.timeout(20 * 60_000),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}
