import { defineConfig } from 'vite';

/** The libraries of the plots, which few pages need: recharts is larger than the rest of the console. */
const PLOTS = new RegExp(
  `node_modules/(${[
    ...['@mantine/charts', 'recharts', 'victory-vendor', 'd3-[a-z]+', 'internmap', 'decimal\\.js-light', 'es-toolkit'],
    ...['@reduxjs/toolkit', 'redux', 'redux-thunk', 'react-redux', 'reselect', 'immer', 'eventemitter3', 'react-is'],
    ...['tiny-invariant', 'use-sync-external-store'],
  ].join('|')})/`,
);

/** `vite build src/console`: builds dist/console, which the server serves. */
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic' } },
  build: {
    outDir: process.env.PLATEN_CONSOLE_DIST ?? '../../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    // inlined files would become data: URLs, which the Content-Security-Policy refuses
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // 'use client' has no meaning here
      checks: { moduleLevelDirective: false },
      // Libraries change seldom: browsers keep these files when only the console changes. All but the plots are
      // loaded at once: a page that loads screens later would miss their files after an update of the server.
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|react-router|scheduler|@tanstack)\// },
            { name: 'mantine', test: /node_modules\/(@mantine\/(?!charts)|@floating-ui\/)/ },
            // after those whose modules its own ones import
            { name: 'plots', test: PLOTS },
            { name: 'libraries', test: /node_modules\// },
          ],
        },
      },
    },
  },
});
