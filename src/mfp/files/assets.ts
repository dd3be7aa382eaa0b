import { createHash } from 'node:crypto';
import type { Exchange } from '../exchange';
import { SCRIPT, STYLE } from '../style';

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 34 34"><rect width="34" height="34" rx="6" fill="#2f86c9"/><path fill="#fff" d="M10 6h14v6H10zM6 13h22a2 2 0 0 1 2 2v9h-5v-4H9v4H4v-9a2 2 0 0 1 2-2zm5 9h12v7H11z"/></svg>`;

const ASSETS: Record<string, { type: string; body: Buffer }> = {
  'style.css': { type: 'text/css; charset=utf-8', body: Buffer.from(STYLE) },
  'live.js': { type: 'text/javascript; charset=utf-8', body: Buffer.from(SCRIPT) },
  'icon.svg': { type: 'image/svg+xml', body: Buffer.from(ICON) },
};

const serve =
  (name: string) =>
  ({ request, response }: Exchange): void => {
    const { type, body } = ASSETS[name] as (typeof ASSETS)[string];
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`;
    response.setHeader('ETag', etag);
    response.setHeader('Cache-Control', 'max-age=300');
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length }).end(body);
  };

export const serveStyle = serve('style.css');
export const serveScript = serve('live.js');
export const serveIcon = serve('icon.svg');
