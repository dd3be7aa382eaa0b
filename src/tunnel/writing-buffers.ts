import type { Duplex } from 'node:stream';

type Written = { chunk: Buffer | string; encoding: BufferEncoding };
type Writev = (chunks: Written[], done: (error?: Error | null) => void) => void;

/**
 * Converts strings to Buffers before an HTTP/2 stream receives them. When strings and Buffers are written together and
 * one string is empty, Node 20.20 sends corrupted data: it moves the memory of strings that are already queued. Node's
 * own HTTP client writes like that.
 */
export function writingBuffers<Stream extends Duplex>(stream: Stream): Stream {
  const target = stream as Duplex & { _writev: Writev };
  const together = target._writev.bind(stream);
  target._writev = (chunks: Written[], done) => {
    if (chunks.every(({ chunk }) => typeof chunk !== 'string')) return together(chunks, done);
    const buffers = chunks.map(({ chunk, encoding }) =>
      typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk,
    );
    stream._write(Buffer.concat(buffers), 'buffer' as BufferEncoding, done);
  };
  return stream;
}
