import type { Socket } from 'node:net';

/** What the first bytes of a connection say, and how many of them belong to it; the others stay in the socket. */
export interface FirstBytes<T> {
  readonly value: T;
  readonly length: number;
}

/** The peer sent too little in time, or nothing more. */
export class FirstBytesMissing extends Error {
  override readonly name = 'FirstBytesMissing';

  constructor(readonly code: 'late' | 'closed') {
    super(code === 'late' ? 'the connection did not say in time what it is' : 'the connection ended too early');
  }
}

/**
 * Reads the first bytes of a connection before another reader takes it over. The socket must be new: without a reader.
 * @param parse undefined: more bytes are needed; it must not ask for more without end
 * @throws FirstBytesMissing, or what `parse` throws; the socket is then still open
 */
export function readFirstBytes<T>(
  socket: Socket,
  parse: (bytes: Buffer) => FirstBytes<T> | undefined,
  ms: number,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const stop = () => {
      clearTimeout(timer);
      socket.off('readable', read).off('end', end).off('close', end);
    };
    const fail = (error: Error) => {
      stop();
      reject(error);
    };
    const end = () => fail(new FirstBytesMissing('closed'));
    const read = () => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      bytes = Buffer.concat([bytes, chunk]);
      try {
        const found = parse(bytes);
        if (!found) return;
        stop();
        if (bytes.length > found.length) socket.unshift(bytes.subarray(found.length));
        resolve(found.value);
      } catch (error) {
        fail(error as Error);
      }
    };
    const timer = setTimeout(() => fail(new FirstBytesMissing('late')), ms);
    if (socket.destroyed) return end();
    socket.on('readable', read).once('end', end).once('close', end);
  });
}
