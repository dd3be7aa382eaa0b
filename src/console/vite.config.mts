import { defineConfig } from 'vite';

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
      // Libraries change seldom: browsers keep these files when only the console changes. All are loaded at once: a
      // page that loads screens later would miss their files after an update of the server.
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules\/(react|react-dom|react-router|scheduler|@tanstack)\// },
            { name: 'mantine', test: /node_modules\/(@mantine|@floating-ui)\// },
            { name: 'libraries', test: /node_modules\// },
          ],
        },
      },
    },
  },
});
