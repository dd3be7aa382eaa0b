import type { Readable } from 'node:stream';
import { ProblemError } from '../../protocol/problems';
import { InvalidRequest, TooManyRequests } from './http.errors';

/** The peer has disconnected, so only the server's log shows this error. */
export class UploadBrokenOff extends InvalidRequest {
  constructor(bytes: number) {
    super(`The upload was interrupted or timed out after ${bytes} bytes.`);
  }
}
export class TooManyUploads extends TooManyRequests {
  constructor() {
    super('Too many files are being uploaded. Try again later.', 10);
  }
}
export class StorageFull extends ProblemError {
  constructor(code: string) {
    super('storage-full', `The file could not be stored (${code}). No part of it remains on the server.`);
  }
}

/** Errors of a full disk, an exceeded quota and the file size limit. */
const FULL = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** The problem that reports a failed write. */
export function asStorageFull(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  return code && FULL.includes(code) ? new StorageFull(code) : error;
}

/** Reads the body of a request chunk by chunk, without a parser. */
export class UploadReader {
  private readonly chunks: AsyncIterator<Buffer>;
  private received = 0;

  constructor(private readonly body: Readable) {
    // a destroyed request could not be answered any more
    this.chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  }

  /** @returns undefined at the end of the body. @throws UploadBrokenOff */
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

  /** Discards the rest of the body, so that the peer reads the answer. */
  async close(): Promise<void> {
    await this.chunks.return?.();
    this.body.resume();
  }
}
