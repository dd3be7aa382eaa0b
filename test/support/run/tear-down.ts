/** Jest calls this once, after the last spec. */
export default async function tearDown(): Promise<void> {
  const server = await globalThis.postgresOfTheRun?.catch(() => undefined);
  await server?.remove();
}
