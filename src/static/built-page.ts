import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

/** A file that is served to browsers. */
export interface StaticFile {
  readonly type: string;
  readonly body: Buffer;
}

/** Relative to the compiled programs, and to their sources. */
const BUILT = ['../../pages', '../../dist/pages'].map((folder) => join(__dirname, folder));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

type PageName = 'approval' | 'approvers' | 'display' | 'lan-approval' | 'mfp-web' | 'vnc';

/** Folder of a page that `npm run build` makes from `src/pages`. Without a build it does not exist. */
export function builtFolder(name: PageName): string {
  const [compiled, source] = BUILT.map((folder) => join(folder, name)) as [string, string];
  return existsSync(compiled) ? compiled : source;
}

/** The files of a page by name; empty without a build. */
export function builtPage(name: PageName): ReadonlyMap<string, StaticFile> {
  const folder = builtFolder(name);
  if (!existsSync(folder)) return new Map();
  return new Map(
    readdirSync(folder).map((file) => [file, { type: TYPES[extname(file)]!, body: readFileSync(join(folder, file)) }]),
  );
}
