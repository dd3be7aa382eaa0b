import { createHash } from 'node:crypto';
import { BadRequest, type Exchange } from '../web/exchange';
import { builtPage } from '../../static/built-page';

const FILES = builtPage('mfp-web');

const serve =
  (name: string) =>
  ({ request, response }: Exchange): void => {
    const file = FILES.get(name);
    if (!file) throw new BadRequest('There is no such page on this device.', 404);
    const { type, body } = file;
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`;
    response.setHeader('ETag', etag);
    response.setHeader('Cache-Control', 'max-age=300');
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
    else response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length }).end(body);
  };

export const serveStyle = serve('style.css');
export const serveScript = serve('live.js');
export const serveIcon = serve('icon.svg');
