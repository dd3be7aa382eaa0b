import type { Readable } from 'node:stream';
import { LIMITS } from '../../../protocol/limits';
import { UploadReader } from '../../http/upload';
import { ReleaseRefused } from './releases.errors';

const LINE_FEED = 0x0a;

/** Splits a release file during its upload: first the line of its manifest, then its script. */
export class ReleaseReader {
  private readonly upload: UploadReader;
  /** The start of the script, if it came in one chunk with the end of the manifest. */
  private ahead: Buffer = Buffer.alloc(0);

  constructor(body: Readable) {
    this.upload = new UploadReader(body);
  }

  /** @throws ReleaseRefused, UploadBrokenOff */
  async manifestLine(): Promise<string> {
    const line: Buffer[] = [];
    for (let bytes = 0; bytes <= LIMITS.RELEASE_MANIFEST_BYTES;) {
      const chunk = await this.upload.next();
      if (!chunk) throw new ReleaseRefused('It ends before the end of its manifest.');
      const end = chunk.indexOf(LINE_FEED);
      line.push(end < 0 ? chunk : chunk.subarray(0, end));
      bytes += line.at(-1)!.length;
      if (end < 0 || bytes > LIMITS.RELEASE_MANIFEST_BYTES) continue;
      this.ahead = chunk.subarray(end + 1);
      return Buffer.concat(line).toString('utf8');
    }
    throw new ReleaseRefused(
      `It does not start with a manifest: no line of up to ${LIMITS.RELEASE_MANIFEST_BYTES} bytes.`,
    );
  }

  /** @throws UploadBrokenOff */
  async *script(): AsyncGenerator<Buffer> {
    if (this.ahead.length > 0) yield this.ahead;
    for (let chunk = await this.upload.next(); chunk; chunk = await this.upload.next()) yield chunk;
  }

  close(): Promise<void> {
    return this.upload.close();
  }
}
