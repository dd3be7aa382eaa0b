// Builds the code for browsers: the console into dist/console, and each page of src/pages into a folder of dist/pages.
// The programs serve these files unchanged. Run it after `nest build`, which empties dist.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

/** MPL-2.0 3.2: the bundle must say where its source is available. */
const NOVNC = '/*! Contains noVNC, MPL-2.0: https://github.com/novnc/noVNC */';

/** The MIT licence asks for it. */
const WEBAUTHN =
  '/*! Contains @simplewebauthn/browser, MIT, (c) Matthew Miller: https://github.com/MasterKale/SimpleWebAuthn */';
const QRCODE =
  '/*! Contains qrcode-generator, MIT, (c) Kazuhiko Arase: https://github.com/kazuhikoarase/qrcode-generator */';

/** `base` is the URL path of the files, `name` the name of script and style sheet in it. */
const PAGES = {
  approval: { base: '/', name: 'panel', input: 'index.html' },
  'lan-approval': { base: '/', name: 'approver', input: 'index.html', licence: WEBAUTHN },
  approvers: { base: '/', name: 'approvers', input: 'approvers.html', licence: QRCODE },
  display: { base: '/', name: 'panel', input: 'index.html' },
  vnc: { base: '/.platen/', name: 'vnc', input: 'index.html', licence: NOVNC },
  'mfp-web': { base: '/assets/', name: '[name]', input: ['live.ts', 'style.css'] },
};

/** `<!-- include FILE -->`, relative to the page. */
const INCLUDE = /<!-- include (\S+) -->/g;
const includes = {
  name: 'include',
  transformIndexHtml: {
    order: 'pre',
    handler: (html, { filename }) =>
      html.replace(INCLUDE, (_, file) => readFileSync(join(dirname(filename), file), 'utf8').trim()),
  },
};

await build({ root: join(root, 'src/console'), logLevel: 'warn' });

// a sixth less than gzip, but takes seconds: the server sends these files as they are
const assets = join(root, 'dist/console/assets');
for (const file of readdirSync(assets)) {
  const path = join(assets, file);
  writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path)));
}

for (const [folder, { base, name, input, licence }] of Object.entries(PAGES)) {
  const page = join(root, 'src/pages', folder);
  await build({
    configFile: false,
    root: page,
    base,
    logLevel: 'warn',
    plugins: [includes],
    build: {
      outDir: join(root, 'dist/pages', folder),
      emptyOutDir: true,
      target: 'es2022',
      // files in data: URLs would need a weaker Content-Security-Policy
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: [input].flat().map((file) => join(page, file)),
        output: { entryFileNames: `${name}.js`, assetFileNames: `${name}[extname]`, postBanner: licence },
      },
    },
  });
}
