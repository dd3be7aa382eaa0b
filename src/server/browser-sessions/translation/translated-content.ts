import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { constants, createBrotliCompress, createBrotliDecompress, createGunzip, createGzip } from 'node:zlib';
import { toSession, type Origins } from './device-urls';
import { HtmlLinks } from './html-links';

/** Every chunk is forwarded at once; a stream that a device cuts short is shown up to the cut. */
const GZIP = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  params: { [constants.BROTLI_PARAM_QUALITY]: 4 },
};

const CODINGS: Record<string, () => { decode: Transform[]; encode: Transform[] }> = {
  identity: () => ({ decode: [], encode: [] }),
  gzip: () => ({ decode: [createGunzip(GZIP)], encode: [createGzip({ flush: constants.Z_SYNC_FLUSH })] }),
  br: () => ({ decode: [createBrotliDecompress()], encode: [createBrotliCompress(BROTLI)] }),
};
const codingOf = ({ headers }: IncomingMessage): string =>
  (headers['content-encoding'] ?? 'identity').trim().toLowerCase().replace(/^x-/, '');

/** Whether the links of a response are translated: whole HTML pages that may be changed (RFC 9110 7.7). */
export function linksChange(response: IncomingMessage): boolean {
  const { statusCode = 0, headers } = response;
  const type = (headers['content-type'] ?? '').toLowerCase();
  const isHtml =
    /^\s*(text\/html|application\/xhtml\+xml)\s*(;|$)/.test(type) && !/charset\s*=\s*"?utf-(16|32)/.test(type);
  const fixed = /\bno-transform\b/i.test(headers['cache-control'] ?? '') || headers['content-range'] !== undefined;
  return isHtml && !fixed && statusCode !== 206 && statusCode !== 304 && codingOf(response) in CODINGS;
}

/** The stages between the device's content and the browser's. They buffer no more than the codings need. */
export function translating(response: IncomingMessage, origins: Origins): Transform[] {
  const coding = CODINGS[codingOf(response)]?.();
  const links = new HtmlLinks((url) => toSession(url, origins));
  return coding ? [...coding.decode, links, ...coding.encode] : [];
}
