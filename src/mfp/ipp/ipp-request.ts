import { decodeIpp, type DecodedIpp } from '../../ipp/ipp-message';
import { MFP_LIMITS } from '../mfp-limits';
import type { Exchange } from '../web/exchange';
import { bodyOf } from '../web/request-body';
import { BadRequest } from '../web/web.errors';

export interface IppRequest {
  readonly message: DecodedIpp;
  readonly document: AsyncIterable<Buffer>;
}

/** The start of a request: enough to answer with its request-id, even if the rest is malformed. */
export interface IppStart {
  readonly bytes: Buffer;
  /** @throws IppMalformed */
  read(): IppRequest;
}

/**
 * Reads the start of a request, which must contain all its attributes; the document may still be arriving.
 * @throws BadRequest if it is not IPP over HTTP (RFC 8010 4)
 */
export async function receiveIpp({ request }: Exchange): Promise<IppStart> {
  const type = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/ipp') throw new BadRequest('This address takes application/ipp only.', 415);
  const body = bodyOf(request)[Symbol.asyncIterator]();
  const chunks: Buffer[] = [];
  let size = 0;
  while (size < MFP_LIMITS.IPP_ATTRIBUTES_BYTES) {
    const chunk = await next(body);
    if (!chunk) break;
    chunks.push(chunk);
    size += chunk.length;
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length < 8) throw new BadRequest('This is not an IPP request.');
  const read = (): IppRequest => {
    const message = decodeIpp(bytes);
    return { message, document: documentOf(message.data, body) };
  };
  return { bytes, read };
}

async function* documentOf(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  let size = first.length;
  yield first;
  for (;;) {
    const chunk = await next(rest);
    if (!chunk) return;
    size += chunk.length;
    if (size > MFP_LIMITS.IPP_DOCUMENT_BYTES) throw new BadRequest('The document is too large.', 413);
    yield chunk;
  }
}

async function next(body: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
  try {
    const result = await body.next();
    return result.done ? undefined : result.value;
  } catch {
    throw new BadRequest('The request broke off.');
  }
}
