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

/** In a release: the files of each page in base64, defined by its build (tools/build-release.mjs). */
declare const __PLATEN_PAGES__:
  Readonly<Record<string, readonly (readonly [name: string, body: string])[]>> | undefined;

type PageName = 'approval' | 'approvers' | 'display' | 'lan-approval' | 'mfp-web' | 'vnc';

/** Folder of a page that `npm run build` makes from `src/pages`. Without a build it does not exist. */
export function builtFolder(name: PageName): string {
  const [compiled, source] = BUILT.map((folder) => join(folder, name)) as [string, string];
  return existsSync(compiled) ? compiled : source;
}

/** The files of a page by name; empty without a build. */
export function builtPage(name: PageName): ReadonlyMap<string, StaticFile> {
  return new Map(filesOf(name).map(([file, body]) => [file, { type: TYPES[extname(file)]!, body }]));
}

function filesOf(name: PageName): (readonly [name: string, body: Buffer])[] {
  const embedded = typeof __PLATEN_PAGES__ === 'object' ? __PLATEN_PAGES__[name] : undefined;
  if (embedded) return embedded.map(([file, body]) => [file, Buffer.from(body, 'base64')]);
  const folder = builtFolder(name);
  return existsSync(folder) ? readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]) : [];
}
