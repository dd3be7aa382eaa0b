import { LOG_LEVELS, createJournal } from '../journal/journal';
import { Agent } from './agent';
import { readConfiguration } from './configuration/configuration';
import { ConfigurationError } from './configuration/configuration.errors';
import { readProxy } from './configuration/proxy';
import { KnownIdentities } from './device/known-identities';
import { KeepAlive } from './channel/keep-alive';
import { Installation } from './enrolment/installation';
import { ServerKeys } from './enrolment/server-keys';
import { CredentialsUnusable, credentialsFileFor, readCredentials } from './enrolment/credentials';

export interface RunOptions {
  readonly config: string;
  readonly credentials?: string;
}

/** `platen agent run`: runs until SIGTERM or SIGINT (exit code 0); exit code 1 if it cannot start. */
export async function main(options: RunOptions): Promise<void> {
  const agent = await prepare(options).catch(explain);
  if (!agent) return;
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= agent.stop().then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await agent.start().catch(async (error: unknown) => {
    explain(error);
    await agent.stop();
  });
}

async function prepare({ config, credentials }: RunOptions): Promise<Agent> {
  const { PLATEN_LOG_LEVEL: level = 'info' } = process.env;
  if (!LOG_LEVELS.some((each) => each === level))
    throw new ConfigurationError([`PLATEN_LOG_LEVEL: must be one of ${LOG_LEVELS.join(', ')}`]);
  const configuration = await readConfiguration(config);
  const outbound = await readProxy(config, process.env);
  const file = credentials ?? credentialsFileFor(config);
  const account = await readCredentials(file);
  const journal = createJournal('agent', level);
  if (configuration.site !== undefined)
    journal.warn(
      '"site" in the configuration has no effect: an administrator of the server decides where an agent is; remove it',
    );
  const installation = await Installation.load(configuration.state, journal);
  const keys = new ServerKeys(account, file, journal);
  const keepAlive = await KeepAlive.load(configuration.state, journal);
  return new Agent(configuration, account, journal, { installation, keys, keepAlive, outbound });
}

/** Prints an expected error as one line; rethrows others. */
function explain(error: unknown): undefined {
  const known = error instanceof ConfigurationError || error instanceof CredentialsUnusable;
  const { code, message } = error as NodeJS.ErrnoException;
  if (!known && code === undefined) throw error;
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}

/** `platen agent accept-device`: forgets what a device reported of itself; exit code 1 if the configuration has no such device. */
export async function acceptDevice(id: string, file: string): Promise<void> {
  try {
    const { devices, state } = await readConfiguration(file);
    const device = devices.find((each) => each.id === id);
    if (!device) throw new ConfigurationError([`${file}: there is no device ${id}`]);
    const { serialNumber, uuid, model } = await new KnownIdentities(state).forget(id);
    const before = serialNumber || uuid || model;
    process.stdout.write(
      before === ''
        ? `${id}: no device is known yet; the next one that answers is taken\n`
        : `${id}: "${before}" is forgotten; the next device that answers is taken\n`,
    );
    if (device.serialNumber !== '')
      process.stdout.write(`The configuration still expects the serial number "${device.serialNumber}"\n`);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}
