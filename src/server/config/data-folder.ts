import { accessSync, chmodSync, constants, mkdirSync } from 'node:fs';

export class DataFolderUnusable extends Error {
  override readonly name = 'DataFolderUnusable';
}

/**
 * Makes the folder of everything the server stores, for nobody but its own user (0700).
 * @throws DataFolderUnusable
 */
export function prepareDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new DataFolderUnusable(
      `The data folder ${folder} (PLATEN_DATA) cannot be used: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
    );
  }
}
