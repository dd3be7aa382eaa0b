// Bundles the relay or the agent into the script of a release, platen-<product>-<version>.cjs. `platen release pack` signs it.
//   npm run release -- --version 1.2.0 --out <folder> [--product agent]
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vite';

/** The agent is one file, which also runs without the native package. */
const optionalNativeMask = {
  name: 'optional-native-mask',
  enforce: 'pre',
  resolveId: (id) => (id === 'bufferutil' ? '\0native-mask' : undefined),
  load: (id) =>
    id === '\0native-mask'
      ? `import { createRequire } from 'node:module';
         import fallback from 'bufferutil/fallback.js';
         const installed = () => {
           try {
             return createRequire(__filename)('bufferutil');
           } catch {
             return fallback;
           }
         };
         export const { mask, unmask } = installed();`
      : undefined,
};
/**
 * Script of each product, the pages of `dist/pages` that it serves, and packages that cannot be bundled: keeper and supervisor start
 * it with NODE_PATH = their own packages.
 */
const PRODUCTS = {
  relay: { script: 'src/relay/release.ts', pages: [], plugins: [], external: ['sqlite3', 'bufferutil'] },
  agent: {
    script: 'src/agent/program.ts',
    pages: ['approval', 'approvers', 'lan-approval'],
    plugins: [optionalNativeMask],
    external: [],
  },
};
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
const { script, pages, plugins, external } = PRODUCTS[product];

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
  plugins,
  define: { __PLATEN_RELEASE_VERSION__: JSON.stringify(version) },
  ssr: { noExternal: true, external },
  build: {
    ssr: script,
    outDir: resolve(out),
    emptyOutDir: false,
    copyPublicDir: false,
    target: 'node20',
    minify: false,
    rolldownOptions: {
      external: [...external, ...builtinModules, /^node:/],
      output: { format: 'cjs', entryFileNames: name, codeSplitting: false, banner },
    },
  },
});
console.log(resolve(out, name));
