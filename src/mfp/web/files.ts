import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request } from 'express';
import { MFP_LIMITS } from '../mfp-limits';
import { pseudoRandomBytes } from '../pseudo-random';
import { queryOf, type Exchange } from './exchange';
import { boundedBody } from './request-body';
import { BadRequest } from './web.errors';

/** `GET /files/job-log-export.bin?size=<bytes>`: a large file with ETag, Range (RFC 9110 14) and back-pressure. */
export async function download(exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const size = sizeOf(exchange);
  const etag = `"job-log-${size}"`;
  response.set({ ETag: etag, 'Accept-Ranges': 'bytes', 'Cache-Control': 'private, no-cache' });
  if (request.fresh) return void response.status(304).end();
  const range = rangeOf(request, etag, size);
  if (range === 'unsatisfiable')
    return void response
      .status(416)
      .set({ 'Content-Range': `bytes */${size}`, 'Content-Length': '0' })
      .end();
  const { start, end } = range ?? { start: 0, end: size - 1 };
  if (range) response.status(206).set('Content-Range', `bytes ${start}-${end}/${size}`);
  response.set({
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': 'attachment; filename="job-log-export.bin"',
    'Content-Length': String(end + 1 - start),
  });
  if (request.method === 'HEAD') return void response.end();
  await pipeline(Readable.from(pseudoRandomBytes(start, end + 1), { objectMode: false }), response);
}

/** The requested range; undefined: the whole file, which is also sent for several ranges (RFC 9110 14.2). */
function rangeOf(
  request: Request,
  etag: string,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const condition = request.get('If-Range');
  const ranges = condition === undefined || condition === etag ? request.range(size) : undefined;
  if (ranges === -1) return 'unsatisfiable';
  return typeof ranges === 'object' && ranges.type === 'bytes' && ranges.length === 1 ? ranges[0] : undefined;
}

function sizeOf(exchange: Exchange): number {
  const asked = queryOf(exchange, 'size') || String(MFP_LIMITS.DOWNLOAD_BYTES_DEFAULT);
  const size = /^\d{1,15}$/.test(asked) ? Number(asked) : NaN;
  if (!(size <= MFP_LIMITS.DOWNLOAD_BYTES)) throw new BadRequest('size must be a number of bytes, 16 GiB at most.');
  return size;
}

/** `POST` or `PUT /files/upload`: accepts any body, answers `{bytes, sha256}`. */
export async function upload({ request, response }: Exchange): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of boundedBody(request, MFP_LIMITS.UPLOAD_BYTES)) {
    bytes += chunk.length;
    hash.update(chunk);
  }
  response.set('Cache-Control', 'no-store').json({ bytes, sha256: hash.digest('hex') });
}
