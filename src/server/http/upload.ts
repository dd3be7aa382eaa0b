import type { Readable } from 'node:stream';
import { ProblemError } from '../../protocol/problems';
import { InvalidRequest, TooManyRequests } from './http.errors';

/** The peer is gone; only the server's log shows it. */
export class UploadBrokenOff extends InvalidRequest {
  constructor(bytes: number) {
    super(`The upload broke off, or took too long, after ${bytes} bytes.`);
  }
}
export class TooManyUploads extends TooManyRequests {
  constructor() {
    super('Other files are being uploaded at this moment.', 10);
  }
}
export class StorageFull extends ProblemError {
  constructor(code: string) {
    super('storage-full', `The file could not be stored (${code}); nothing of it is left.`);
  }
}

/** Of disk, quota and file size. */
const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** The problem that a failed write is reported as. */
export function asStorageFull(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return code && FULL.includes(code) ? new StorageFull(code) : error;
}

/** The body of a request that no parser has touched, chunk by chunk. */
export class UploadReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private received = 0;

  constructor(private readonly body: Readable) {
    // a request that is destroyed cannot be answered any more
    this.chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  }

  /** undefined: that was all. @throws UploadBrokenOff */
  async next(): Promise<Buffer | undefined> {
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

  /** What still comes is let through unread, so that the peer gets to reading its answer. */
  async close(): Promise<void> {
    await this.chunks.return?.();
    this.body.resume();
  }
}
