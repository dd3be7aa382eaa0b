import { open } from 'node:fs/promises';

/** Writes a folder's entries to disk (fsync). */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
