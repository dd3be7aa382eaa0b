import { pipeline, type Duplex } from 'node:stream';

/**
 * Connects two byte streams both ways until both directions have ended or one stream fails; a failure destroys both,
 * so that a cut transfer is never taken for a complete one. Each direction may end on its own (half-close).
 * Resolves when everything is over; never rejects.
 */
export async function splice(a: Duplex, b: Duplex): Promise<void> {
  // A pipeline stops listening when it is done, but a stream may still fail after that.
  for (const stream of [a, b]) stream.on('error', () => undefined);
  await Promise.all([oneWay(a, b), oneWay(b, a)]);
}

const oneWay = (from: Duplex, to: Duplex): Promise<void> =>
  new Promise((resolve) =>
    pipeline(from, to, (error) => {
      if (error) {
        from.destroy(error);
        to.destroy(error);
      }
      resolve();
    }),
  );
