import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** The content, or undefined where there is no such file. Takes away what others may have been allowed (0600). */
export function readPrivate(path: string): string | undefined {
  try {
    chmodSync(path, 0o600);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Puts a whole file in the place of the old one (0600); a reader never meets half of it. */
export function writePrivate(path: string, content: string): void {
  const draft = draftOf(path, content);
  renameSync(draft, path);
}

/** Puts a file where there was none and returns its content; of two programs that try at once, both return the winner's. */
export function createPrivate(path: string, content: string): string {
  const draft = draftOf(path, content);
  try {
    linkSync(draft, path);
    return content;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readFileSync(path, 'utf8');
  } finally {
    rmSync(draft, { force: true });
  }
}

function draftOf(path: string, content: string): string {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, content, { mode: 0o600, flag: 'wx', flush: true });
  return draft;
}
