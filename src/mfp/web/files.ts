import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BadRequest, type Exchange } from './exchange';
import { MFP_LIMITS } from '../mfp-limits';
import { byteRange } from '../files/byte-range';
import { pseudoRandomBytes } from '../pseudo-random';

/** `GET /files/job-log-export.bin?size=<bytes>`: a large file with ETag, Range (RFC 9110 14) and back-pressure. */
export async function download(exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const size = sizeOf(exchange);
  const etag = `"job-log-${size}"`;
  response.setHeader('ETag', etag);
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Cache-Control', 'private, no-cache');
  const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim());
  if (known?.some((tag) => tag === etag || tag === '*')) {
    response.writeHead(304).end();
    return;
  }
  const condition = request.headers['if-range'];
  const range = byteRange(condition === undefined || condition === etag ? request.headers.range : undefined, size);
  if (range.kind === 'unsatisfiable') {
    response.writeHead(416, { 'Content-Range': `bytes */${size}`, 'Content-Length': 0 }).end();
    return;
  }
  const { start, end } = range.kind === 'part' ? range : { start: 0, end: size };
  response.writeHead(range.kind === 'part' ? 206 : 200, {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': 'attachment; filename="job-log-export.bin"',
    'Content-Length': end - start,
    ...(range.kind === 'part' ? { 'Content-Range': `bytes ${start}-${end - 1}/${size}` } : {}),
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  await pipeline(Readable.from(pseudoRandomBytes(start, end), { objectMode: false }), response);
}

function sizeOf({ url }: Exchange): number {
  const asked = url.searchParams.get('size') ?? String(MFP_LIMITS.DOWNLOAD_BYTES_DEFAULT);
  const size = /^\d{1,15}$/.test(asked) ? Number(asked) : NaN;
  if (!(size <= MFP_LIMITS.DOWNLOAD_BYTES)) throw new BadRequest('size must be a number of bytes, 16 GiB at most.');
  return size;
}
