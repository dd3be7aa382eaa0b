import { defineConfig } from 'vite';

/** `vite build src/console`: into dist/console, from where the server serves it. */
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic' } },
  build: {
    outDir: process.env.PLATEN_CONSOLE_DIST ?? '../../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    // inlined files would be data: addresses, which the Content-Security-Policy need not allow
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // 'use client' means nothing here
    rolldownOptions: { checks: { moduleLevelDirective: false } },
    chunkSizeWarningLimit: 1_000,
  },
});
