// Bundles the relay into the script of a release, platen-relay-<version>.cjs. `platen release pack` signs it.
//   npm run release -- --version 1.2.0 --out <folder>
import { builtinModules } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vite';

/** Packages that cannot be bundled; a keeper starts the script with NODE_PATH = its own packages. */
const EXTERNAL = ['sqlite3', 'bufferutil'];
const VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

const { version, out } = parseArgs({ options: { version: { type: 'string' }, out: { type: 'string' } } }).values;
if (!version || version.length > 64 || !VERSION.test(version) || !out) {
  console.error('usage: npm run release -- --version 1.2.0 --out <folder>');
  process.exit(2);
}

const name = `platen-relay-${version}.cjs`;
await build({
  configFile: false,
  root: fileURLToPath(new URL('..', import.meta.url)),
  logLevel: 'warn',
  define: { __PLATEN_RELEASE_VERSION__: JSON.stringify(version) },
  ssr: { noExternal: true, external: EXTERNAL },
  build: {
    ssr: 'src/relay/release.ts',
    outDir: resolve(out),
    emptyOutDir: false,
    copyPublicDir: false,
    target: 'node20',
    minify: false,
    rolldownOptions: {
      external: [...EXTERNAL, ...builtinModules, /^node:/],
      output: { format: 'cjs', entryFileNames: name, codeSplitting: false },
    },
  },
});
console.log(resolve(out, name));
