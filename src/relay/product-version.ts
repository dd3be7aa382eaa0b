import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const manifest = z.object({ name: z.literal('platen'), version: z.string() });

/** Version of this program, from our package.json above the source or the compiled file. */
export function productVersion(): string {
  for (const up of ['../..', '../../..']) {
    const path = join(__dirname, up, 'package.json');
    if (existsSync(path)) return manifest.parse(JSON.parse(readFileSync(path, 'utf8'))).version;
  }
  throw new Error('package.json is missing from the installation');
}
