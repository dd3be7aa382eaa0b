import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Version in Platen's package.json, which is in a parent folder of this file. */
export function productVersion(): string {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (!existsSync(path)) continue;
    const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as { name: string; version: string };
    if (name === 'platen') return version;
  }
  throw new Error('package.json is missing from the installation');
}
