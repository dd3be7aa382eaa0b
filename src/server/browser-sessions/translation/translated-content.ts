import type { IncomingMessage } from 'node:http';
import { Transform } from 'node:stream';
import { constants, createBrotliCompress, createBrotliDecompress, createGunzip, createGzip } from 'node:zlib';
import { LIMITS } from '../../../protocol/limits';
import { toSession, type Origins } from './device-urls';
import { HtmlLinks, type TakeTurn } from './html-links';
import { PageTurns } from './page-turns';

/** Every chunk is forwarded at once; a stream that a device cuts short is shown up to the cut. */
const GZIP = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  params: { [constants.BROTLI_PARAM_QUALITY]: 4 },
};

/** A stream of `node:zlib`; `bytesWritten` is what it has decoded. */
type Decoder = Transform & { readonly bytesWritten: number };

/** Content in any other coding passes as it is: it costs no more than a file, and the browser decodes it. */
const CODINGS: Record<string, (() => { decode: Decoder; encode: Transform }) | undefined> = {
  gzip: () => ({ decode: createGunzip(GZIP), encode: createGzip({ flush: constants.Z_SYNC_FLUSH }) }),
  br: () => ({ decode: createBrotliDecompress(), encode: createBrotliCompress(BROTLI) }),
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
  return (
    isHtml &&
    !fixed &&
    statusCode !== 206 &&
    statusCode !== 304 &&
    (codingOf(response) === 'identity' || Object.hasOwn(CODINGS, codingOf(response)))
  );
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
  const coding = CODINGS[codingOf(response)]?.();
  const takeTurn: TakeTurn = (bytes, run) => turns.take(session, bytes, run);
  const links = new HtmlLinks((url) => toSession(url, origins), takeTurn);
  if (!coding) return { before: [], after: [links] };
  return { before: [coding.decode, boundedRatio(coding.decode)], after: [links, coding.encode] };
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
