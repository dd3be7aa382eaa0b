import type { Readable } from 'node:stream';
import { LIMITS } from '../../../protocol/limits';
import { ReleaseRefused, UploadBrokenOff } from './releases.errors';

const LINE_FEED = 0x0a;

/** Takes a release file apart while it comes: the line of its manifest first, then its script. */
export class ReleaseReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private received = 0;
  /** Of the script: what came in one chunk with the end of the manifest. */
  private ahead: Buffer = Buffer.alloc(0);

  constructor(private readonly body: Readable) {
    // a request that is destroyed cannot be answered any more
    this.chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  }

  /** @throws ReleaseRefused, UploadBrokenOff */
  async manifestLine(): Promise<string> {
    const line: Buffer[] = [];
    for (let bytes = 0; bytes <= LIMITS.RELEASE_MANIFEST_BYTES;) {
      const chunk = await this.next();
      if (!chunk) throw new ReleaseRefused('It ends before its manifest does.');
      const end = chunk.indexOf(LINE_FEED);
      line.push(end < 0 ? chunk : chunk.subarray(0, end));
      bytes += line.at(-1)!.length;
      if (end < 0 || bytes > LIMITS.RELEASE_MANIFEST_BYTES) continue;
      this.ahead = chunk.subarray(end + 1);
      return Buffer.concat(line).toString('utf8');
    }
    throw new ReleaseRefused(
      `It does not begin with a manifest: no line of up to ${LIMITS.RELEASE_MANIFEST_BYTES} bytes.`,
    );
  }

  /** @throws UploadBrokenOff */
  async *script(): AsyncGenerator<Buffer> {
    if (this.ahead.length > 0) yield this.ahead;
    for (let chunk = await this.next(); chunk; chunk = await this.next()) yield chunk;
  }

  /** What still comes is let through unread, so that the peer gets to reading its answer. */
  async close(): Promise<void> {
    await this.chunks.return?.();
    this.body.resume();
  }

  private async next(): Promise<Buffer | undefined> {
    let result: IteratorResult<Buffer, unknown>;
    try {
      result = await this.chunks.next();
    } catch {
      throw new UploadBrokenOff(this.received);
    }
    if (result.done) return undefined;
    this.received += result.value.length;
    return result.value;
  }
}
