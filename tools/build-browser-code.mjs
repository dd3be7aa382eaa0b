// Builds what runs in browsers: the console into dist/console, and each page of src/pages into a folder of dist/pages.
// The programs serve these files as they are. To be run after `nest build`, which empties dist.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

/** MPL-2.0 3.2: who gets the bundle learns where its source is. */
const NOVNC = '/*! Contains noVNC, MPL-2.0: https://github.com/novnc/noVNC */';

/** `base` is the address of the files, `name` what script and style sheet are called in it. */
const PAGES = {
  approval: { base: '/', name: 'panel', input: 'index.html' },
  display: { base: '/', name: 'panel', input: 'index.html' },
  vnc: { base: '/.platen/', name: 'vnc', input: 'index.html', licence: NOVNC },
  'mfp-web': { base: '/assets/', name: '[name]', input: ['live.ts', 'style.css'] },
};

await build({ root: join(root, 'src/console'), logLevel: 'warn' });

for (const [folder, { base, name, input, licence }] of Object.entries(PAGES)) {
  const page = join(root, 'src/pages', folder);
  await build({
    configFile: false,
    root: page,
    base,
    logLevel: 'warn',
    build: {
      outDir: join(root, 'dist/pages', folder),
      emptyOutDir: true,
      target: 'es2022',
      // files in data: addresses would need a wider Content-Security-Policy
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: [input].flat().map((file) => join(page, file)),
        output: { entryFileNames: `${name}.js`, assetFileNames: `${name}[extname]`, postBanner: licence },
      },
    },
  });
}
