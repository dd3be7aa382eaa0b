import { createHash } from 'node:crypto';
import { sendJson } from '../answer';
import { BadRequest, bodyOf, type Exchange } from '../web/exchange';
import { MFP_LIMITS } from '../mfp-limits';

/** `POST` or `PUT /files/upload`: takes any body as it comes, answers `{bytes, sha256}`. */
export async function upload(exchange: Exchange): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of bodyOf(exchange.request)) {
      bytes += chunk.length;
      if (bytes > MFP_LIMITS.UPLOAD_BYTES) throw new BadRequest('The file is too large.', 413);
      hash.update(chunk);
    }
  } catch (error) {
    throw error instanceof BadRequest ? error : new BadRequest('The upload broke off.');
  }
  sendJson(exchange, { bytes, sha256: hash.digest('hex') });
}
