import { setFlagsFromString } from 'node:v8';
import { createJournal } from '../../journal/journal';
import { ProcessChannel } from '../../tunnel/rpc-channel';
import { listeningDescriptor } from '../master-messages';
import { PairServer } from './pair-server';
import { readRelayConfig } from '../relay-config';

/**
 * The buffers of reads, 64 KB each, count as growth of a small heap. By default V8 would collect all of it after each 48 MB,
 * although the next collection of young objects frees the buffers; so it may grow to five times its size first.
 */
const HEAP_GROWTH = '--heap-growing-percent=400';

/** A pair process. It runs until its Master closes the IPC channel. */
export async function runPair(env: NodeJS.ProcessEnv): Promise<void> {
  setFlagsFromString(HEAP_GROWTH);
  // Signals reach the whole process group; the Master handles them and stops its pairs in order.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined);
  const config = readRelayConfig(env);
  const journal = createJournal('relay', config.logLevel).child({ pair: config.pair });
  const pair = new PairServer(new ProcessChannel(process), config, { fd: listeningDescriptor(0) }, journal);
  await pair.start();
  await pair.closed;
  process.exit(0);
}
