import type { Config } from './config/config';
import { loadConfig } from './config/settings-file';
import { failureLine } from './commands/failure-line';
import type { RunningServer } from './start-server';

export type { RunningServer } from './start-server';

const STOP_MS = 20_000;

/** Loads the modules of the server late, so that a bad setting is reported before any of them can fail. */
export async function startServer(config: Config): Promise<RunningServer> {
  return (await import('./start-server.js')).startServer(config);
}

/** `platen server`: runs until SIGTERM or SIGINT. */
export async function main(): Promise<void> {
  let server: RunningServer;
  try {
    server = await startServer(loadConfig());
  } catch (error) {
    process.stderr.write(`platen server: ${failureLine(error)}\n`);
    process.exitCode = 1;
    return;
  }
  void server.replaced.then(() => {
    process.stderr.write('platen server: another server has taken over the database\n');
    process.exit(1); // at once: what it still wrote would be of an earlier state
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(server));
}

async function stop(server: RunningServer): Promise<void> {
  setTimeout(() => {
    process.stderr.write(`platen server: shutdown did not complete within ${STOP_MS / 1000} s\n`);
    process.exit(1);
  }, STOP_MS).unref();
  await server.stop();
  process.exit(0);
}
