import { createJournal } from '../../journal/journal';
import { ProcessChannel } from '../../tunnel/rpc-channel';
import { listeningDescriptor } from '../master-messages';
import { PairServer } from './pair-server';
import { readRelayConfig } from '../relay-config';

/** A pair process. It runs until its Master closes the IPC channel. */
export async function runPair(env: NodeJS.ProcessEnv): Promise<void> {
  // Signals reach the whole process group; the Master handles them and stops its pairs in order.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined);
  const config = readRelayConfig(env);
  const journal = createJournal('relay', config.logLevel).child({ pair: config.pair });
  const pair = new PairServer(new ProcessChannel(process), config, { fd: listeningDescriptor(0) }, journal);
  await pair.start();
  await pair.closed;
  process.exit(0);
}
