import type { IncomingMessage } from 'node:http';
import { Transform } from 'node:stream';
import {
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createDeflate,
  createGunzip,
  createGzip,
  createInflate,
} from 'node:zlib';
import { LIMITS } from '../../../protocol/limits';
import { STRAY_PATH } from '../pages';
import { strayOrigin, toSession, type Origins } from './device-urls';
import { HtmlLinks, type TakeTurn } from './html-links';
import { PageTurns } from './page-turns';

/** Every chunk is forwarded at once; a stream that a device cuts short is shown up to the cut. */
const ZLIB = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  params: { [constants.BROTLI_PARAM_QUALITY]: 4 },
};

/** A stream of `node:zlib`; `bytesWritten` is what it has decoded. */
type Decoder = Transform & { readonly bytesWritten: number };

interface Coding {
  /** Decode the content, within the bounds of a page. */
  readonly before: Transform[];
  readonly encode: Transform;
}

const coding = (decoder: Decoder, encode: Transform, ...inFront: Transform[]): Coding => ({
  before: [...inFront, decoder, boundedRatio(decoder)],
  encode,
});
const CODINGS: Record<string, (() => Coding) | undefined> = {
  gzip: () => coding(createGunzip(ZLIB), createGzip({ flush: constants.Z_SYNC_FLUSH })),
  deflate: () => coding(createInflate(ZLIB), createDeflate({ flush: constants.Z_SYNC_FLUSH }), zlibHeader()),
  br: () => coding(createBrotliDecompress(), createBrotliCompress(BROTLI)),
};
/** Codings that browsers decode and this server does not; they take any further name for none. */
const UNREADABLE = ['zstd', 'dcb', 'dcz'];

/** The codings of a response (RFC 9110 8.4), the last one last. */
const codingsOf = ({ headers }: IncomingMessage): string[] =>
  (headers['content-encoding'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase().replace(/^x-/, ''))
    .filter((name) => Object.hasOwn(CODINGS, name) || UNREADABLE.includes(name));

/** The codings in which links cannot be translated: one that is not readable, or several. */
export function unreadableCoding(response: IncomingMessage): string | undefined {
  const codings = codingsOf(response);
  return codings.length > 1 || UNREADABLE.includes(codings[0] ?? '') ? codings.join(', ') : undefined;
}

/** An `Accept-Encoding` (RFC 9110 12.5.3) without what `unreadableCoding` would refuse. */
export function readableCodings(accepted: string): string {
  const members = accepted.split(',').map((member) => member.trim());
  const readable = members.filter((member) => {
    const name = member.split(';', 1)[0]!.trim().toLowerCase();
    return name === 'identity' || Object.hasOwn(CODINGS, name.replace(/^x-/, ''));
  });
  return readable.length === members.length ? accepted : readable.join(', ') || 'identity';
}

/**
 * `deflate` is the zlib format (RFC 9110 8.4.1.2); some devices leave its header out (RFC 1951), which browsers accept. The
 * checksum that is then missing at the end is not read, as for any content that ends early.
 */
function zlibHeader(): Transform {
  let first: Buffer | undefined = Buffer.alloc(0);
  const start = (bytes: Buffer): Buffer => {
    const isZlib = (bytes[0]! & 0x0f) === 8 && bytes.readUInt16BE(0) % 31 === 0;
    return isZlib ? bytes : Buffer.concat([Buffer.from([0x78, 0x9c]), bytes]);
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (first === undefined) return done(null, chunk);
      first = Buffer.concat([first, chunk]);
      if (first.length < 2) return done();
      const bytes = start(first);
      first = undefined;
      done(null, bytes);
    },
    flush(done) {
      done(null, first);
    },
  });
}

/** Whether the links of a response are translated: whole HTML pages that may be changed (RFC 9110 7.7). */
export function linksChange({ statusCode = 0, headers }: IncomingMessage): boolean {
  const type = (headers['content-type'] ?? '').toLowerCase();
  const isHtml =
    /^\s*(text\/html|application\/xhtml\+xml)\s*(;|$)/.test(type) && !/charset\s*=\s*"?utf-(16|32)/.test(type);
  const fixed = /\bno-transform\b/i.test(headers['cache-control'] ?? '') || headers['content-range'] !== undefined;
  return isHtml && !fixed && statusCode !== 206 && statusCode !== 304;
}

/** One for the process, because it shares the event loop of the process. */
const turns = new PageTurns();

export interface Translation {
  /** Decode the content; its first bytes decide whether the page is shown at all. */
  readonly before: Transform[];
  /** Translate it and encode it again. */
  readonly after: Transform[];
}

/**
 * The stages between the device's content and the browser's. They buffer no more than the codings need.
 * @param session whose turns the translation uses
 */
export function translating(response: IncomingMessage, origins: Origins, session: object): Translation {
  const coding = CODINGS[codingsOf(response)[0] ?? '']?.();
  const takeTurn: TakeTurn = (bytes, run) => turns.take(session, bytes, run);
  const links = new HtmlLinks((url, navigates) => sessionLink(url, navigates, origins), takeTurn);
  if (!coding) return { before: [], after: [links] };
  return { before: coding.before, after: [links, coding.encode] };
}

/** What would lead the browser out of the session leads to a page that names it. */
function sessionLink(url: string, navigates: boolean, origins: Origins): string {
  const stray = navigates ? strayOrigin(url, origins) : undefined;
  return stray === undefined ? toSession(url, origins) : `${STRAY_PATH}?${encodeURIComponent(stray)}`;
}

/** Text compresses to a tenth or a fiftieth; a few hundred bytes that become megabytes are an attack. */
export class TooDense extends Error {}

/** Fails with TooDense behind LIMITS.BROWSER_HTML_FIRST_BYTES. */
function boundedRatio(decoder: Decoder): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      const most = Math.max(LIMITS.BROWSER_HTML_FIRST_BYTES, decoder.bytesWritten * LIMITS.BROWSER_HTML_RATIO);
      if (bytes > most) done(new TooDense());
      else done(null, chunk);
    },
  });
}
