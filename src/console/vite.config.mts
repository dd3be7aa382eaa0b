import { defineConfig } from 'vite';

/** `vite build src/console`: builds dist/console, which the server serves. */
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic' } },
  build: {
    outDir: process.env.PLATEN_CONSOLE_DIST ?? '../../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    // inlined files would be data: URLs, which the Content-Security-Policy does not allow
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // 'use client' has no meaning here
    rolldownOptions: { checks: { moduleLevelDirective: false } },
    chunkSizeWarningLimit: 1_000,
  },
});
