import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { difference, randomStream } from '../support/relay/frame-fuzzer';

/** PLATEN_FRAME_STREAMS: more of them, for a change of the reader; a million take a quarter of an hour. */
const STREAMS = Number(process.env.PLATEN_FRAME_STREAMS ?? 150_000);
/** Other than those of `frame-reader.spec.ts`. */
const FIRST_SEED = 1_000_000;
/** 32 bytes for each of the streams would show. */
const GROWTH_BYTES = 28 * STREAMS;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const heapUsed = () => {
  collect();
  return process.memoryUsage().heapUsed;
};

const PEERS = ['client', 'server'] as const;
const WHAT = 'random and hostile streams of frames of a %s: the same bytes and refusals as from `ws`, and no growth';
it.each(PEERS)(
  WHAT,
  async (peer) => {
    let before = 0;
    for (let stream = 0; stream < STREAMS; stream++) {
      // What `ws` has deferred to the next turn would be kept until then.
      if (stream % 1_000 === 0) await turn();
      const seed = FIRST_SEED + stream;
      const found = difference(randomStream(seed, peer), peer);
      if (found !== undefined) throw new Error(`seed ${seed}: ${found}`);
      if (stream === STREAMS / 10) before = heapUsed();
    }
    expect(heapUsed() - before).toBeLessThan(GROWTH_BYTES);
  },
  3_600_000,
);
