import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import { CONSOLE_SECTIONS } from '../../protocol/console-sections';

/** The output of `vite build`, beside the compiled server. */
const BUILT = join(__dirname, '../../../console');
/** Their names change with their content. */
const ASSETS = '/assets/';
const A_YEAR = 'public, max-age=31536000, immutable';

interface Asset {
  readonly type: string;
  readonly plain: Buffer;
  /** Made when the first browser asks for it. */
  compressed?: Buffer;
}

/**
 * Serves the console: its files, and its single page at every path that its router handles. All other paths are left to
 * the routes. A build without the console serves none of this. The files are held in memory, compressed once.
 */
export function serveConsole(app: NestExpressApplication, folder = BUILT): void {
  const pageFile = join(folder, 'index.html');
  if (!existsSync(pageFile)) return;
  const page = readFileSync(pageFile);
  const assets = readAssets(join(folder, ASSETS));
  app.use((request: Request, response: Response, next: NextFunction) => {
    const { method, path } = request;
    if (method !== 'GET' && method !== 'HEAD') return next();
    const asset = assets.get(path);
    if (asset) return sendAsset(asset, request, response);
    if (!isConsolePage(path)) return next();
    response.setHeader('Cache-Control', 'no-cache');
    response.type('html').send(page);
  });
}

function readAssets(folder: string): ReadonlyMap<string, Asset> {
  return new Map(
    readdirSync(folder).map((name) => {
      const plain = readFileSync(join(folder, name));
      return [`${ASSETS}${name}`, { type: extname(name), plain }];
    }),
  );
}

function sendAsset(asset: Asset, request: Request, response: Response): void {
  response.setHeader('Cache-Control', A_YEAR);
  response.setHeader('Vary', 'Accept-Encoding');
  const zipped = request.acceptsEncodings('gzip', 'identity') === 'gzip';
  if (zipped) response.setHeader('Content-Encoding', 'gzip');
  response.type(asset.type).send(zipped ? (asset.compressed ??= gzipSync(asset.plain)) : asset.plain);
}

function isConsolePage(path: string): boolean {
  const [, section = ''] = path.split('/');
  return path === '/' || CONSOLE_SECTIONS.some((each) => each === section);
}
