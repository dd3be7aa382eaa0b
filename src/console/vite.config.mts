import { defineConfig, type Plugin } from 'vite';

/** The libraries of the plots, which few pages need: recharts is larger than the rest of the console. */
const PLOTS = new RegExp(
  `node_modules/(${[
    ...['@mantine/charts', 'recharts', 'victory-vendor', 'd3-[a-z]+', 'internmap', 'decimal\\.js-light', 'es-toolkit'],
    ...['@reduxjs/toolkit', 'redux', 'redux-thunk', 'react-redux', 'reselect', 'immer', 'eventemitter3', 'react-is'],
    ...['tiny-invariant', 'use-sync-external-store'],
  ].join('|')})/`,
);

/** The page names the files of the application, so that they are loaded together with the script that imports it. */
const preloadApplication: Plugin = {
  name: 'preload-application',
  transformIndexHtml: {
    order: 'post',
    handler: (html, { bundle = {} }) => {
      const files = new Set<string>();
      const add = (file: string): void => {
        const chunk = bundle[file];
        if (chunk?.type !== 'chunk' || files.has(file)) return;
        files.add(file);
        chunk.imports.forEach(add);
      };
      for (const chunk of Object.values(bundle)) if (chunk.name === 'app') add(chunk.fileName);
      return [...files]
        .filter((file) => !html.includes(file))
        .map((file) => ({
          tag: 'link',
          attrs: { rel: 'modulepreload', crossorigin: true, href: `/${file}` },
          injectTo: 'head',
        }));
    },
  },
};

/** `vite build src/console`: builds dist/console, which the server serves. */
export default defineConfig({
  plugins: [preloadApplication],
  oxc: { jsx: { runtime: 'automatic' } },
  build: {
    outDir: process.env.PLATEN_CONSOLE_DIST ?? '../../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    manifest: true,
    // inlined files would become data: URLs, which the Content-Security-Policy refuses
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // 'use client' has no meaning here
      checks: { moduleLevelDirective: false },
      // Libraries change seldom: browsers keep these files when only the console changes. A file contains what the
      // modules of its group import, too, unless a group before it has it.
      output: {
        codeSplitting: {
          groups: [
            // what main.ts needs before anything else
            {
              name: 'start',
              test: /@mantine\/core\/styles|console\/(loading\/code|messages\/(catalogues|chosen-language))\.ts$/,
            },
            { name: 'react', test: /node_modules\/(react|react-dom|react-router|scheduler|@tanstack)\// },
            { name: 'mantine', test: /node_modules\/(@mantine\/(?!charts)|@floating-ui\/)/ },
            // after those whose modules its own ones import
            { name: 'plots', test: PLOTS },
            { name: 'zod', test: /node_modules\/zod\// },
            // login and frame; and the protocol, which the texts need, too
            { name: 'shell', test: /console\/routes\.tsx$|src\/protocol\// },
            // what several screens need: one file instead of many small ones
            { name: 'screens', test: /src\/console\/(?!messages\/).*(?<!-screen)\.tsx?$/, minShareCount: 2 },
          ],
        },
      },
    },
  },
});
