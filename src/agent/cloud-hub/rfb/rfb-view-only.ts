import { Duplex, pipeline, Transform, type TransformCallback } from 'node:stream';
import { watchClientMessages } from './rfb-client-messages';
import { RfbRefused, watchClientHandshake, watchServerHandshake, type Handshake, type Watch } from './rfb-handshake';

/**
 * A view-only connection to an RFB server (VNC, RFC 6143): no key, pointer or clipboard message of the client reaches
 * the server. Anything unknown closes the connection; `onRefused` receives the reason, once.
 */
export function rfbViewOnly(server: Duplex, onRefused: (reason: string) => void): Duplex {
  const handshake: Handshake = {};
  let reported = false;
  const refused = ({ message }: RfbRefused): void => {
    if (!reported) onRefused(message);
    reported = true;
  };
  const toServer = new Filtered((pass) => watchClient(handshake, pass), refused);
  const toClient = new Filtered(
    (pass) => watchServerHandshake(handshake, pass),
    (refusal) => {
      refused(refusal);
      toServer.discard();
      server.end();
    },
  );
  pipeline(toServer, server, () => undefined);
  pipeline(server, toClient, () => undefined);
  return Duplex.from({ readable: toClient, writable: toServer });
}

function* watchClient(handshake: Handshake, pass: (bytes: Buffer) => void): Watch {
  yield* watchClientHandshake(handshake, pass);
  yield* watchClientMessages(pass);
}

/** Applies a filter to one direction; when the filter returns, everything passes. Buffers only what the filter needs. */
class Filtered extends Transform {
  readonly #watch: Watch;
  #parts: Buffer[] = [];
  #missing: number;
  #state: 'watching' | 'passing' | 'discarding' = 'watching';

  constructor(
    watch: (pass: (bytes: Buffer) => void) => Watch,
    private readonly onRefused: (refusal: RfbRefused) => void,
  ) {
    super();
    this.#watch = watch((bytes) => this.push(bytes));
    this.#missing = this.#watch.next().value ?? 0;
  }

  discard(): void {
    this.#state = 'discarding';
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    try {
      let rest = chunk;
      while (this.#state === 'watching' && rest.length > 0) rest = this.#feed(rest);
      if (this.#state === 'passing' && rest.length > 0) this.push(rest);
      done();
    } catch (error) {
      if (!(error instanceof RfbRefused)) return done(error as Error);
      this.onRefused(error);
      if (!error.farewell) return done(error);
      this.discard();
      this.push(error.farewell);
      this.push(null);
      done();
    }
  }

  /** @returns the rest of the chunk */
  #feed(chunk: Buffer): Buffer {
    const taken = chunk.subarray(0, this.#missing);
    this.#parts.push(taken);
    this.#missing -= taken.length;
    if (this.#missing === 0) {
      const next = this.#watch.next(Buffer.concat(this.#parts));
      this.#parts = [];
      if (next.done) this.#state = 'passing';
      else this.#missing = next.value;
    }
    return chunk.subarray(taken.length);
  }
}
