import { pipeline, type Duplex } from 'node:stream';

const PIPELINE_LISTENERS = 10;

/** Of sockets that are spliced: with Node's 16 KB, each piece of a tunnel's 64 KB would pause and resume its stream. */
export const SPLICED_HIGH_WATER_MARK = 128 * 1024;

/**
 * Connects two byte streams in both directions until both have ended or one stream fails. A failure destroys both
 * streams, so that a cut transfer never looks complete. Each direction may end separately (half-close).
 * Resolves when both streams have ended; never rejects.
 */
export async function splice(a: Duplex, b: Duplex): Promise<void> {
  for (const stream of [a, b]) {
    // The two pipelines alone reach Node's limit of listeners, beyond which it warns of a leak.
    stream.setMaxListeners(stream.getMaxListeners() + PIPELINE_LISTENERS);
    // A finished pipeline removes its listeners, but a stream may still fail afterwards.
    stream.on('error', () => undefined);
  }
  await Promise.all([oneWay(a, b), oneWay(b, a)]);
}

function oneWay(from: Duplex, to: Duplex): Promise<void> {
  // What arrives in one turn is written together: one read may have several frames, and each write is a system call.
  from.on('data', () => {
    if (to.writableCorked > 0) return;
    to.cork();
    process.nextTick(() => to.uncork());
  });
  return new Promise((resolve) =>
    pipeline(from, to, (error) => {
      if (error) {
        from.destroy(error);
        to.destroy(error);
      }
      resolve();
    }),
  );
}
