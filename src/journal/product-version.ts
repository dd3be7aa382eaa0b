import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Defined by the build of a release (tools/build-release.mjs). */
declare const __PLATEN_RELEASE_VERSION__: string | undefined;

const released = typeof __PLATEN_RELEASE_VERSION__ === 'string' ? __PLATEN_RELEASE_VERSION__ : undefined;

/** Whether this program is a release in one file, rather than part of an installation of Platen. */
export const isBundled = released !== undefined;

/** Version of the release, or that in the package.json of the installation, which is in a parent folder of this file. */
export function productVersion(): string {
  if (released !== undefined) return released;
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (!existsSync(path)) continue;
    const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as { name: string; version: string };
    if (name === 'platen') return version;
  }
  throw new Error('package.json is missing from the installation');
}
