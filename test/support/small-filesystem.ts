import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallFilesystem {
  /** As this process reaches it. SQLite resolves such a path, and does not find it. */
  readonly folder: string;
  /** As programs reach it that `command` starts. */
  readonly mountedAt: string;
  /** In front of a program and its arguments. */
  readonly command: readonly string[];
  /** Writes a file until no space is left. @returns removes it */
  fill(): () => void;
  remove(): Promise<void>;
}

/**
 * A file system of its own of so many KiB, which can really be full. It is mounted where only its own process sees it,
 * and reached through that one's /proc entry.
 * @returns undefined, with a line that says why, where this user may not mount
 */
export async function smallFilesystem(kib: number): Promise<SmallFilesystem | undefined> {
  const place = mkdtempSync(join(tmpdir(), 'platen-small-'));
  const script = `mount -t tmpfs -o size=${kib}k,mode=700 tmpfs "$0" && echo mounted && exec cat`;
  const holder = spawn('unshare', ['--mount', 'sh', '-c', script, place]);
  let why = '';
  holder.stderr.on('data', (text: Buffer) => (why += text.toString()));
  const exited = new Promise<void>((resolve) => {
    holder.once('close', () => resolve());
    holder.once('error', (error) => {
      why = error.message;
      resolve();
    });
  });
  const mounted = await Promise.race([once(holder.stdout, 'data').then(() => true), exited.then(() => false)]);
  const remove = async () => {
    holder.stdin.end();
    await exited;
    rmSync(place, { recursive: true, force: true });
  };
  if (mounted) {
    const folder = `/proc/${holder.pid}/root${place}`;
    const command = ['nsenter', `--target=${holder.pid}`, '--mount', '--'];
    return { folder, mountedAt: place, command, fill: () => fill(join(folder, 'ballast')), remove };
  }
  await remove();
  process.stderr.write(`not tested with a full file system, because none can be mounted here: ${why.trim()}\n`);
  return undefined;
}

function fill(file: string): () => void {
  for (const bytes of [65_536, 1]) {
    try {
      for (;;) appendFileSync(file, Buffer.alloc(bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
  return () => rmSync(file);
}
