import { open } from 'node:fs/promises';

/** Has a folder's entries on the disk (fsync). */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
