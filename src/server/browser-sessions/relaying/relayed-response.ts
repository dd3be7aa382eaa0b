import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline, Transform } from 'node:stream';
import { LIMITS } from '../../../protocol/limits';
import { PAGES, sendPage, strayPage, unreadablePage } from '../pages';
import { trailersOf } from '../../../tunnel/device-http/device-request';
import { responseHeaders, type ResponseContext } from '../translation/response-headers';
import { strayOrigin } from '../translation/device-urls';
import { linksChange, TooDense, translating, unreadableCoding } from '../translation/translated-content';

export type PassContext = Pick<ResponseContext, 'origins' | 'frameAncestors' | 'framed' | 'openTo'> & {
  /** Whether the browser has to open another connection for its next request. */
  readonly close: boolean;
  /** Identifies the session. */
  readonly session: object;
};

/** Streams a device's response, with its trailers. If the device cuts the response, the browser's is cut, too. */
export function passResponse(
  from: IncomingMessage,
  to: ServerResponse,
  { origins, frameAncestors, framed, openTo, close, session }: PassContext,
  sent: ClientRequest,
): void {
  const changes = linksChange(from);
  const bodiless = to.req.method === 'HEAD' || from.statusCode === 204 || from.statusCode === 304;
  const trailersPass = !bodiless && from.headers['content-length'] === undefined && to.req.httpVersion !== '1.0';
  const translation = { origins, frameAncestors, framed, openTo, linksChange: changes, trailersPass };
  const headers = responseHeaders(from, translation);
  const begin = () => {
    to.sendDate = false; // the device's, or none
    to.writeHead(from.statusCode ?? 502, from.statusMessage, close ? [...headers, 'Connection', 'close'] : headers);
    to.write('', 'latin1'); // sends the header now: an event stream may stay silent; `flushHeaders` would write UTF-8
  };
  const concluded = (error: unknown) => {
    if (error) to.destroy();
    // discard the rest of the request: it has no reader any more
    if (!sent.writableFinished) sent.destroy();
  };
  const stray = from.headers.location === undefined ? undefined : strayOrigin(from.headers.location, origins);
  if (stray !== undefined) {
    sendPage(to, strayPage(stray), frameAncestors);
    return void sent.destroy();
  }
  const unreadable = changes && !bodiless ? unreadableCoding(from) : undefined;
  if (unreadable !== undefined) {
    sendPage(to, unreadablePage(unreadable), frameAncestors);
    return void sent.destroy();
  }
  from.once('end', () => {
    const trailers = trailersOf(from);
    if (trailers.length > 0 && !to.writableEnded) to.addTrailers(trailers);
  });
  const { before, after } = changes && !bodiless ? translating(from, origins, session) : { before: [], after: [] };
  if (before.length === 0) {
    begin();
    return void pipeline([from, ...after, to], concluded);
  }
  const refused = (error: unknown) => {
    if (!to.destroyed) sendPage(to, error instanceof TooDense ? PAGES.tooDense : PAGES.badCoding, frameAncestors);
    concluded(undefined);
  };
  const first = firstPart(() => {
    try {
      begin();
    } catch (error) {
      return void first.destroy(error as Error); // Node would not write such a header
    }
    pipeline([first, ...after, to], concluded);
  });
  to.once('close', () => first.destroy());
  pipeline([from, ...before, first], (error) => {
    if (error && !to.headersSent) refused(error);
  });
}

/**
 * Holds back the first part of a page, so that an error in it becomes a page instead of a cut.
 * @param begin called once, when the part is complete or more has not come for a while
 */
function firstPart(begin: () => void): Transform {
  let bytes = 0;
  let begun = false;
  let timer: NodeJS.Timeout | undefined;
  const beginOnce = () => {
    clearTimeout(timer);
    if (!begun && !held.destroyed) begin();
    begun = true;
  };
  const held: Transform = new Transform({
    readableHighWaterMark: 2 * LIMITS.BROWSER_HTML_FIRST_BYTES,
    transform(chunk: Buffer, _encoding, done) {
      timer ??= setTimeout(beginOnce, LIMITS.BROWSER_HTML_FIRST_MS);
      bytes += chunk.length;
      done(null, chunk);
      if (bytes > LIMITS.BROWSER_HTML_FIRST_BYTES) beginOnce();
    },
    flush(done) {
      done();
      beginOnce();
    },
    destroy(error, done) {
      clearTimeout(timer);
      done(error);
    },
  });
  return held;
}

/** Forwards interim responses (RFC 9110 15.2); 100 is handled with the request's content. */
export function passInformation(to: ServerResponse, statusCode: number, headers: IncomingMessage['headers']): void {
  if (to.headersSent) return;
  if (statusCode === 102) return to.writeProcessing();
  if (statusCode !== 103 || !headers.link) return;
  try {
    to.writeEarlyHints({ link: headers.link });
  } catch {
    // a hint that Node refuses to write can be omitted
  }
}
