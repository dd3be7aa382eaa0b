import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { trailersOf } from './device-request';
import { responseHeaders, type ResponseContext } from '../translation/response-headers';
import { linksChange, translating } from '../translation/translated-content';

export type PassContext = Pick<ResponseContext, 'origins' | 'frameAncestors' | 'framed'> & {
  /** Whether the browser has to open another connection for its next request. */
  readonly close: boolean;
};

/** Streams a device's response, with its trailers. If the device cuts the response, the browser's is cut, too. */
export function passResponse(
  from: IncomingMessage,
  to: ServerResponse,
  { origins, frameAncestors, framed, close }: PassContext,
  sent: ClientRequest,
): void {
  const changes = linksChange(from);
  const bodiless = to.req.method === 'HEAD' || from.statusCode === 204 || from.statusCode === 304;
  const trailersPass = !bodiless && from.headers['content-length'] === undefined && to.req.httpVersion !== '1.0';
  const headers = responseHeaders(from, { origins, frameAncestors, framed, linksChange: changes, trailersPass });
  to.sendDate = false; // the device's, or none
  to.writeHead(from.statusCode ?? 502, from.statusMessage, close ? [...headers, 'Connection', 'close'] : headers);
  to.write('', 'latin1'); // sends the header now: an event stream may stay silent; `flushHeaders` would write UTF-8
  from.once('end', () => {
    const trailers = trailersOf(from);
    if (trailers.length > 0 && !to.writableEnded) to.addTrailers(trailers);
  });
  const stages = changes && !bodiless ? translating(from, origins) : [];
  pipeline([from, ...stages, to], (error) => {
    if (error) to.destroy();
    // discard the rest of the request: it has no reader any more
    if (!sent.writableFinished) sent.destroy();
  });
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
