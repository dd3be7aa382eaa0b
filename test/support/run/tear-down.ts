/** Jest calls this once, after the last spec. */
export default async function tearDown(): Promise<void> {
  for (const making of globalThis.madeInThisRun.values()) await (await making.catch(() => undefined))?.remove();
}
