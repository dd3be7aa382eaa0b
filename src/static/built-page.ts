import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** A file as a browser gets it. */
export interface StaticFile {
  readonly type: string;
  readonly body: Buffer;
}

/** Beside the compiled programs, and as seen from their sources. */
const BUILT = ['../../pages', '../../dist/pages'].map((folder) => join(__dirname, folder));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

type PageName = 'approval' | 'display' | 'mfp-web' | 'vnc';

/** Folder of a page that `npm run build` made from `src/pages`; there is none where it has not been built. */
export function builtFolder(name: PageName): string {
  const [compiled, source] = BUILT.map((folder) => join(folder, name)) as [string, string];
  return existsSync(compiled) ? compiled : source;
}

/** The files of a page by name; none where it has not been built. */
export function builtPage(name: PageName): ReadonlyMap<string, StaticFile> {
  const folder = builtFolder(name);
  if (!existsSync(folder)) return new Map();
  return new Map(
    readdirSync(folder).map((file) => [file, { type: TYPES[extname(file)]!, body: readFileSync(join(folder, file)) }]),
  );
}
