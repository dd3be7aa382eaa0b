import type { Readable } from 'node:stream';
import { LIMITS } from '../../protocol/limits';
import { UploadReader } from './upload';

const LINE_FEED = 0x0a;

/** Splits a signed package during its upload: first the line of its manifest, then its content. */
export class PackageReader {
  private readonly upload: UploadReader;
  /** The start of the content, if it came in one chunk with the end of the manifest. */
  private ahead: Buffer = Buffer.alloc(0);

  /** @param refused the error for a package that has no manifest */
  constructor(
    body: Readable,
    private readonly refused: new (why: string) => Error,
  ) {
    this.upload = new UploadReader(body);
  }

  /** @throws UploadBrokenOff, and the error for a package that has no manifest */
  async manifestLine(): Promise<string> {
    const line: Buffer[] = [];
    for (let bytes = 0; bytes <= LIMITS.MANIFEST_BYTES;) {
      const chunk = await this.upload.next();
      if (!chunk) throw new this.refused('It ends before the end of its manifest.');
      const end = chunk.indexOf(LINE_FEED);
      line.push(end < 0 ? chunk : chunk.subarray(0, end));
      bytes += line.at(-1)!.length;
      if (end < 0 || bytes > LIMITS.MANIFEST_BYTES) continue;
      this.ahead = chunk.subarray(end + 1);
      return Buffer.concat(line).toString('utf8');
    }
    throw new this.refused(`It does not start with a manifest: no line of up to ${LIMITS.MANIFEST_BYTES} bytes.`);
  }

  /** @throws UploadBrokenOff */
  async *content(): AsyncGenerator<Buffer> {
    if (this.ahead.length > 0) yield this.ahead;
    for (let chunk = await this.upload.next(); chunk; chunk = await this.upload.next()) yield chunk;
  }

  close(): Promise<void> {
    return this.upload.close();
  }
}
