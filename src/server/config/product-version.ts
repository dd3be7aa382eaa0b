import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** Version in our package.json, which lies one folder higher above the compiled program than above its source. */
export function productVersion(): string {
  for (let folder = __dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (existsSync(path))
      return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path, 'utf8'))).version;
  }
  throw new Error('package.json is missing from the installation');
}
