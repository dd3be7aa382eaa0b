import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { BadRequest, type Exchange } from './web/exchange';
import type { Html } from './web/html';

const compress = promisify(gzip);

/** Sends a whole page, gzip'd where the browser takes that. */
export async function sendPage(exchange: Exchange, page: Html, status = 200): Promise<void> {
  const { request, response } = exchange;
  const plain = Buffer.from(page.text);
  const accepted = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(String(request.headers['accept-encoding'] ?? ''));
  const body = accepted ? await compress(plain) : plain;
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    Vary: 'Accept-Encoding, Cookie',
    ...(accepted ? { 'Content-Encoding': 'gzip' } : {}),
  });
  response.end(body);
}

export function sendJson({ response }: Exchange, value: unknown, status = 200): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
  });
  response.end(body);
}

/** 303: the browser fetches `path` of this device next. */
export function redirect({ response }: Exchange, path: string, status: 302 | 303 = 303): void {
  response.writeHead(status, { Location: path, 'Content-Length': 0, 'Cache-Control': 'no-store' });
  response.end();
}

/** The same with the whole address, made of the Host header as many devices do it. */
export function redirectAbsolute(exchange: Exchange, path: string, status: 302 | 303 = 303): void {
  redirect(exchange, `http://${hostOf(exchange)}${path}`, status);
}

/** @throws BadRequest when the Host header (RFC 9110 7.2) is no host and port */
export function hostOf({ request }: Pick<Exchange, 'request'>): string {
  const host = request.headers.host ?? '';
  if (!/^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?$/.test(host))
    throw new BadRequest('The Host header is not valid.');
  return host;
}
