import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallFilesystem {
  readonly folder: string;
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
  if (mounted) return { folder: `/proc/${holder.pid}/root${place}`, remove };
  await remove();
  process.stderr.write(`not tested with a full file system, because none can be mounted here: ${why.trim()}\n`);
  return undefined;
}
