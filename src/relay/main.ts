import { createJournal } from '../journal/journal';
import { readRelayConfig, RelayConfigurationError, type RelayConfig } from './relay-config';
import { productVersion } from '../journal/product-version';
import { startRelay } from './relay';

/** `platen relay`: runs until a signal, or until nobody needs it any more. */
export async function main(env: NodeJS.ProcessEnv): Promise<void> {
  process.umask(0o077); // the session database's side files, too, are nobody else's business
  const config = configOrExit(env);
  const journal = createJournal('relay', config.logLevel);
  const relay = await startRelay(config, productVersion(), journal).catch((error: unknown) => {
    journal.error('the relay cannot start', { detail: (error as Error).message });
    process.exit(1);
  });
  const { address: host, port } = relay.address;
  journal.info('relay listening', { host, port });

  const reason = await Promise.race([signal('SIGTERM'), signal('SIGINT'), relay.orphaned.then(() => 'orphaned')]);
  journal.info('the relay stops', { reason });
  await relay.stop();
  process.exit(0);
}

function configOrExit(env: NodeJS.ProcessEnv): RelayConfig {
  try {
    return readRelayConfig(env);
  } catch (error) {
    if (!(error instanceof RelayConfigurationError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const signal = (name: NodeJS.Signals): Promise<string> =>
  new Promise((resolve) => process.once(name, () => resolve(name)));
