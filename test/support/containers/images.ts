import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { removeFolder } from '../remove-folder';
import { shared } from '../run/shared';
import { CleanDebian } from '../stage/clean-debian';

const run = promisify(execFile);
const CONTAINER = join(__dirname, '../../../packaging/container');
/** What Docker's image of Debian also has: unpacking does not wait for the disk. */
const UNSAFE_IO = 'etc/dpkg/dpkg.cfg.d/unsafe-io';

/** Where the images of a run are stored: options of Buildah and Podman. */
export const storageIn = (folder: string): string[] => [
  '--root',
  join(folder, 'storage'),
  '--runroot',
  join(folder, 'run'),
];

/** @param folder of the storage */
export async function buildah(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await run('buildah', [...storageIn(folder), ...args], { maxBuffer: 64 * 1024 * 1024 });
  return stdout.trim();
}

/**
 * Builds `localhost/platen` and `localhost/platen-agent` on a minimal Debian, `localhost/debian`, in place of the image from a
 * registry. Needs root. @returns the folder of their storage
 */
export async function buildImages(): Promise<string> {
  const folder = await mkdtemp('/var/tmp/container-images-'); // on the disk: they are large
  const debian = await CleanDebian.make();
  try {
    await writeFile(join(debian.root, UNSAFE_IO), 'force-unsafe-io\n');
    const base = await buildah(folder, 'from', 'scratch');
    await run('cp', ['-a', `${debian.root}/.`, await buildah(folder, 'mount', base)]);
    await buildah(folder, 'commit', '--rm', base, 'localhost/debian');
  } finally {
    await debian.remove();
  }
  for (const [target, name] of [
    ['server', 'platen'],
    ['agent', 'platen-agent'],
  ] as const) {
    const file = ['--file', join(CONTAINER, 'Dockerfile'), '--target', target, '--build-arg', 'BASE=localhost/debian'];
    const how = ['--isolation', 'chroot', '--pull-never'];
    await buildah(folder, 'build', ...how, ...file, '--tag', `localhost/${name}`, await shared('packages'));
  }
  return folder;
}

export async function removeImages(folder: string): Promise<void> {
  // Buildah leaves it mounted on itself
  await run('umount', ['--lazy', join(folder, 'storage/overlay')]).catch(() => undefined);
  await removeFolder(folder);
}
