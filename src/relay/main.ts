import { mkdir } from 'node:fs/promises';
import { createJournal, type Journal } from '../journal/journal';
import { LIMITS } from '../protocol/limits';
import { readRelayConfig, RelayConfigurationError, type RelayConfig } from './relay-config';
import { Keeper } from './keeper/keeper';
import { keeperMethods } from './keeper/keeper-methods';
import { KeeperSocket } from './keeper/keeper-socket';
import { awaitOrphanedRelay } from './keeper/orphaned-relay';
import { ListeningPorts } from './keeper/listening-ports';
import { DesiredRun } from './keeper/desired-run';

/** Timeout for the relays to stop. Shorter than LIMITS.RELAY_STOP_MS, which the server waits. */
const STOP_MS = LIMITS.RELAY_STOP_MS - 2_000;

/** `platen relay`: runs until a signal, or until it is no longer needed. */
export async function main(env: NodeJS.ProcessEnv): Promise<void> {
  process.umask(0o077); // the relay's files and the keeper's socket are private
  process.stderr.on('error', () => undefined); // a closed log pipe must not stop the relay
  const config = configOrExit(env);
  const journal = createJournal('relay', config.logLevel);
  const { keeper, socket } = await start(config, env, journal).catch((error: Error & { code?: string }) => {
    journal.error('the relay cannot start', { errorCode: error.code, detail: error.message });
    process.exit(1);
  });

  const reason = await Promise.race([signal('SIGTERM'), signal('SIGINT'), keeper.orphaned.then(() => 'orphaned')]);
  journal.info('the relay stops', { reason });
  await keeper.stop(STOP_MS);
  await socket.close();
  process.exit(0);
}

async function start(config: RelayConfig, env: NodeJS.ProcessEnv, journal: Journal) {
  await mkdir(config.data, { recursive: true, mode: 0o700 });
  const socket = await KeeperSocket.open(config.data);
  const orphans = await awaitOrphanedRelay(config.data, LIMITS.RELAY_STOP_MS);
  if (orphans > 0) journal.info('the orphaned relay of a killed keeper has stopped', { processes: orphans });
  const ports = await ListeningPorts.at(config.host, config.port);
  const desired = new DesiredRun(config.data, { file: null, pairs: config.pairs }, journal);
  const relayEnv = { ...env, PLATEN_RELAY_DATA: config.data };
  const keeper = new Keeper(ports, desired, relayEnv, journal);
  keeper.start();
  socket.serve(keeperMethods(keeper), journal);
  return { keeper, socket };
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
