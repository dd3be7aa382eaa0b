import { createJournal } from '../../journal/journal';
import { PROTOCOL_VERSION } from '../../protocol/version';
import { keeperMessage, type MasterMessage } from '../master-messages';
import { startPairProcess } from './pair-processes';
import { startRelay, type Relay } from './relay';
import { readRelayConfig } from '../relay-config';
import { productVersion } from '../../journal/product-version';

/**
 * The Master process, a child of the keeper (../master-messages.ts). It runs until it is stopped or the keeper has
 * exited.
 */
export async function runMaster(env: NodeJS.ProcessEnv): Promise<void> {
  process.umask(0o077); // the journal files of the session database are private, too
  const stopRequested = new Promise<string>((resolve) => {
    process.once('SIGTERM', () => resolve('SIGTERM'));
    process.once('disconnect', () => resolve('the keeper has exited'));
  });
  process.on('SIGINT', () => undefined); // Ctrl-C signals the whole process group; the keeper handles it
  let journal = createJournal('relay', 'info');
  const fail = (error: unknown) => {
    const detail = (error as Error).message.slice(0, 2_000);
    journal.error('the relay cannot start', { detail });
    send({ type: 'failed', detail }, () => process.exit(1));
  };
  let relay: Relay;
  try {
    const config = readRelayConfig(env);
    journal = createJournal('relay', config.logLevel);
    relay = await startRelay(config, productVersion(), startPairProcess, journal);
  } catch (error) {
    return fail(error);
  }
  relay.dial();
  process.on('message', (input) => {
    const { data: message } = keeperMessage.safeParse(input);
    if (message?.type === 'serve') relay.serve().then(() => send({ type: 'serving' }), fail);
    if (message?.type === 'recover')
      relay.recover(message.running).catch((error: unknown) => journal.unexpected(error, 'recovering'));
  });
  void relay.orphaned.then(() => send({ type: 'orphaned' }));
  send({ type: 'ready', version: productVersion(), protocol: PROTOCOL_VERSION });

  const reason = await stopRequested;
  journal.info('the relay stops', { reason });
  await relay.stop();
  process.exit(0);
}

function send(message: MasterMessage, then: () => void = () => undefined): void {
  if (process.connected) process.send!(message, undefined, undefined, then);
  else then();
}
