import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The text of a file in the state folder, which is created if it is missing; undefined if there is no such file. */
export async function readState(path: string): Promise<string | undefined> {
  await mkdir(dirname(path), { recursive: true });
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Replaces a file of this program; what it held before stays until the new text is on disk. Mode 0600. */
export async function replaceDurably(path: string, text: string): Promise<void> {
  await write(`${path}.new`, 'w', text);
  await rename(`${path}.new`, path);
  await syncFolder(dirname(path));
}

/** Does the same before anything else happens in this program. */
export function replaceDurablySync(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
  if (process.platform === 'win32') return;
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Appends to a file, which is created if it is missing, and returns when the text is on disk. Mode 0600. */
export async function appendDurably(path: string, text: string): Promise<void> {
  if (await write(path, 'a', text)) await syncFolder(dirname(path));
}

/** @returns whether the file was empty before */
async function write(path: string, flags: 'a' | 'w', text: string): Promise<boolean> {
  const file = await open(path, flags, 0o600);
  try {
    const { size } = await file.stat();
    await file.writeFile(text);
    await file.sync();
    return size === 0;
  } finally {
    await file.close();
  }
}

/** Makes the new name durable. Windows cannot open folders. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}
