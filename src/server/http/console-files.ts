import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { CONSOLE_SECTIONS } from '../../protocol/console-sections';

/** Where `vite build` puts the console: beside the compiled server. */
const BUILT = join(__dirname, '../../../console');
/** Their names change with their content. */
const ASSETS = '/assets/';
const A_YEAR = 'public, max-age=31536000, immutable';

/**
 * Serves the console: its files, and its one page for every address of its own, as it finds its way by itself there.
 * All other addresses are left to the routes. A checkout that has only been compiled has no console.
 */
export function serveConsole(app: NestExpressApplication, folder = BUILT): void {
  const pageFile = join(folder, 'index.html');
  if (!existsSync(pageFile)) return;
  const page = readFileSync(pageFile);
  app.useStaticAssets(folder, {
    index: false,
    redirect: false,
    setHeaders: (response: Response, path: string) =>
      response.setHeader('Cache-Control', path.includes(ASSETS) ? A_YEAR : 'no-cache'),
  });
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (!isConsolePage(request)) return next();
    response.setHeader('Cache-Control', 'no-cache');
    response.type('html').send(page);
  });
}

function isConsolePage({ method, path }: Request): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  const [, section = ''] = path.split('/');
  return path === '/' || CONSOLE_SECTIONS.some((each) => each === section);
}
