// Bundles the relay or the agent into the script of a release, platen-<product>-<version>.cjs. `platen release pack` signs it.
//   npm run release -- --version 1.2.0 --out <folder> [--product agent]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vite';

/** Script of each product, and the pages of `dist/pages` that it serves. */
const PRODUCTS = {
  relay: { script: 'src/relay/release.ts', pages: [] },
  agent: { script: 'src/agent/program.ts', pages: ['approval', 'approvers', 'lan-approval'] },
};
/** Packages that cannot be bundled; a keeper starts the script with NODE_PATH = its own packages. */
const EXTERNAL = ['sqlite3', 'bufferutil'];
const VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

const root = fileURLToPath(new URL('..', import.meta.url));
const {
  version,
  out,
  product = 'relay',
} = parseArgs({
  options: { version: { type: 'string' }, out: { type: 'string' }, product: { type: 'string' } },
}).values;
if (!version || version.length > 64 || !VERSION.test(version) || !out || !PRODUCTS[product]) {
  console.error('usage: npm run release -- --version 1.2.0 --out <folder> [--product relay|agent]');
  process.exit(2);
}
const { script, pages } = PRODUCTS[product];

const filesOf = (page) => {
  const folder = join(root, 'dist/pages', page);
  if (!existsSync(folder)) throw new Error(`${folder} is missing: run npm run build first`);
  return readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'base64')]);
};
/** The pages, for src/static/built-page.ts. */
const banner = `const __PLATEN_PAGES__ = ${JSON.stringify(Object.fromEntries(pages.map((page) => [page, filesOf(page)])))};`;

const name = `platen-${product}-${version}.cjs`;
await build({
  configFile: false,
  root,
  logLevel: 'warn',
  define: { __PLATEN_RELEASE_VERSION__: JSON.stringify(version) },
  ssr: { noExternal: true, external: EXTERNAL },
  build: {
    ssr: script,
    outDir: resolve(out),
    emptyOutDir: false,
    copyPublicDir: false,
    target: 'node20',
    minify: false,
    rolldownOptions: {
      external: [...EXTERNAL, ...builtinModules, /^node:/],
      output: { format: 'cjs', entryFileNames: name, codeSplitting: false, banner },
    },
  },
});
console.log(resolve(out, name));
