import { accessSync, chmodSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

export class DataFolderUnusable extends Error {
  override readonly name = 'DataFolderUnusable';
}

/**
 * Creates the folder of everything the server stores, private to its own user (0700).
 * @throws DataFolderUnusable
 */
export function prepareDataFolder(folder: string): void {
  try {
    makeFolder(folder);
    chmodSync(folder, 0o700);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new DataFolderUnusable(
      `The data folder ${folder} (PLATEN_DATA) cannot be used: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
    );
  }
}

/** With its parents. `recursive` of Node 20 never returns where a parent cannot hold folders, as in /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}
