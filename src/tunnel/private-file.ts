import { randomBytes } from 'node:crypto';
import { chmodSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** The content; undefined if the file does not exist. Restricts its mode to 0600. */
export function readPrivate(path: string): string | undefined {
  try {
    chmodSync(path, 0o600);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Replaces a file atomically (0600): a reader gets the old content or the new one. */
export function writePrivate(path: string, content: string): void {
  const draft = draftOf(path, content);
  renameSync(draft, path);
}

/** Creates a file and returns its content. If two programs create it concurrently, both return the same content. */
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
  try {
    writeFileSync(draft, content, { mode: 0o600, flag: 'wx', flush: true });
    return draft;
  } catch (error) {
    rmSync(draft, { force: true }); // on a full disk, part of it
    throw error;
  }
}
