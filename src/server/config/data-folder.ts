import { accessSync, chmodSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

export class DataFolderUnusable extends Error {
  override readonly name = 'DataFolderUnusable';
}

/**
 * Creates the data folder, accessible for its user only (0700).
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

/** Creates the parents, too. Node 20's `recursive` never returns if a parent cannot contain folders, as in /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}
