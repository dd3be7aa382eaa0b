import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Request, Response } from 'express';
import type { Machine } from '../machine/machine';
import type { DeviceLogin } from './device-login';
import type { Html } from './html';
import type { Logins } from './logins';
import { hostOf } from './same-origin';

/** One request to the machine's web server, with the context that pages need. */
export interface Exchange {
  readonly request: Request;
  readonly response: Response;
  readonly machine: Machine;
  readonly logins: Logins;
  /** The login of programs before a restart or an installation; undefined: a restart needs none. */
  readonly deviceLogin: DeviceLogin | undefined;
  /** The administrator is logged in. */
  readonly administrator: boolean;
}

export type Handler = (exchange: Exchange) => void | Promise<void>;

const compress = promisify(gzip);

/** A query parameter; empty if it is missing or repeated. */
export function queryOf({ request }: Exchange, name: string): string {
  const value = request.query[name];
  return typeof value === 'string' ? value : '';
}

/** A `:name` segment of the address. */
export function segmentOf({ request }: Exchange, name: string): string {
  return String(request.params[name] ?? '');
}

/** Sends a whole page, compressed if the browser accepts it. */
export async function sendPage({ request, response }: Exchange, page: Html, status = 200): Promise<void> {
  const compressed = request.acceptsEncodings('gzip', 'identity') === 'gzip';
  const plain = Buffer.from(page.text);
  const body = compressed ? await compress(plain) : plain;
  response.status(status).set({
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': String(body.length),
    'Cache-Control': 'no-store',
    Vary: 'Accept-Encoding, Cookie',
  });
  if (compressed) response.set('Content-Encoding', 'gzip');
  response.end(body);
}

/** 303: the browser fetches `path` of this device next. */
export function redirect({ response }: Exchange, path: string, status: 302 | 303 = 303): void {
  response.status(status).set({ Location: path, 'Content-Length': '0', 'Cache-Control': 'no-store' }).end();
}

/** The same with an absolute address based on the Host header, as many devices do. */
export function redirectAbsolute(exchange: Exchange, path: string, status: 302 | 303 = 303): void {
  redirect(exchange, `http://${hostOf(exchange.request)}${path}`, status);
}
