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
const BROTLI = '.br';
const A_YEAR = 'public, max-age=31536000, immutable';

interface Asset {
  readonly type: string;
  readonly plain: Buffer;
  /** Made by the build, for browsers that take it: over TLS. */
  readonly brotli: Buffer | undefined;
  /** Made when the first browser asks for it. */
  gzip?: Buffer;
}

/**
 * Serves the console: its files, and its single page at every path that its router handles. All other paths are left to
 * the routes. A build without the console serves none of this. The files are held in memory, compressed once at most.
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
  const names = readdirSync(folder);
  const read = (name: string): Buffer => readFileSync(join(folder, name));
  return new Map(
    names
      .filter((name) => extname(name) !== BROTLI)
      .map((name) => {
        const brotli = names.includes(name + BROTLI) ? read(name + BROTLI) : undefined;
        return [`${ASSETS}${name}`, { type: extname(name), plain: read(name), brotli }];
      }),
  );
}

function sendAsset(asset: Asset, request: Request, response: Response): void {
  response.setHeader('Cache-Control', A_YEAR);
  response.setHeader('Vary', 'Accept-Encoding');
  const coding = codingFor(asset, request);
  if (coding !== 'identity') response.setHeader('Content-Encoding', coding);
  response.type(asset.type).send(contentOf(asset, coding));
}

type Coding = 'br' | 'gzip' | 'identity';

/** Browsers list gzip first, without a preference. */
function codingFor({ brotli }: Asset, request: Request): Coding {
  if (brotli && request.acceptsEncodings('br')) return 'br';
  return request.acceptsEncodings('gzip', 'identity') === 'gzip' ? 'gzip' : 'identity';
}

function contentOf(asset: Asset, coding: Coding): Buffer {
  if (coding === 'br' && asset.brotli) return asset.brotli;
  return coding === 'gzip' ? (asset.gzip ??= gzipSync(asset.plain)) : asset.plain;
}

function isConsolePage(path: string): boolean {
  const [, section = ''] = path.split('/');
  return path === '/' || CONSOLE_SECTIONS.some((each) => each === section);
}
