import type { IncomingMessage, ServerResponse } from 'node:http';
import { builtPage, type StaticFile } from '../../../static/built-page';
import { ASK_PATH, STRAY_PATH } from '../pages';

/** Paths under a session's origin that Platen serves instead of the device. */
export const PLATEN_PREFIX = '/.platen/';
export const PATHS = {
  enter: '/.platen/enter',
  vnc: '/.platen/vnc',
  stream: '/.platen/stream',
  stray: STRAY_PATH,
  ask: ASK_PATH,
  crossing: '/.platen/crossing',
  worker: '/.platen/crossing.js',
} as const;

const PAGE = 'index.html';
/** The scripts and style sheets do not change while a session's origin exists. */
const CACHED = 'private, max-age=3600';

/** The files of the VNC page, for browsers that have entered. */
export class PlatenFiles {
  private readonly files: ReadonlyMap<string, StaticFile>;

  constructor() {
    const files = [...builtPage('vnc')];
    this.files = new Map(files.map(([name, file]) => [name === PAGE ? PATHS.vnc : `${PLATEN_PREFIX}${name}`, file]));
  }

  /** @returns false if there is no such file */
  serve(path: string, request: IncomingMessage, response: ServerResponse, frameAncestors: string): boolean {
    const file = this.files.get(path);
    if (!file || !['GET', 'HEAD'].includes(request.method ?? '')) return false;
    const sources = "script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:";
    response.writeHead(200, {
      'Content-Type': file.type,
      'Content-Length': file.body.length,
      'Content-Security-Policy': `default-src 'none'; ${sources}; base-uri 'none'; form-action 'none'; ${frameAncestors}`,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': path === PATHS.vnc ? 'no-store' : CACHED,
    });
    response.end(request.method === 'HEAD' ? undefined : file.body);
    return true;
  }
}
