import { rm } from 'node:fs/promises';

/** Removes a folder after a test, also while the product still writes into it. */
export const removeFolder = (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
