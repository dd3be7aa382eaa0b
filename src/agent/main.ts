import { LOG_LEVELS, createJournal } from '../journal/journal';
import { standardError } from '../journal/standard-error';
import { productVersion } from '../journal/product-version';
import { Agent } from './agent';
import { readConfiguration } from './configuration/configuration';
import { ConfigurationError } from './configuration/configuration.errors';
import { readProxy } from './configuration/proxy';
import { KnownIdentities } from './device/known-identities';
import { KeepAlive } from './channel/keep-alive';
import { Installation } from './enrolment/installation';
import { ServerKeys } from './enrolment/server-keys';
import { LogStore } from './log/log-store';
import { RecentLog } from './log/recent-log';
import { AgentVersions } from './update/agent-versions';
import { Supervisor } from './update/supervisor';
import { SUPERVISED } from './update/supervisor-messages';
import { CredentialsUnusable, credentialsFileFor, readCredentials } from './enrolment/credentials';

export interface RunOptions {
  readonly config: string;
  readonly credentials?: string;
}

/**
 * `platen agent run`: runs until SIGTERM or SIGINT (exit code 0); exit code 1 if it cannot start. If the owner permits updates,
 * this process supervises the agent, which runs in another one.
 */
export async function main(options: RunOptions): Promise<void> {
  const prepared = await prepare(options).catch(explain);
  if (!prepared) return;
  if (prepared instanceof Supervisor) {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => prepared.stop());
    process.exitCode = await prepared.run();
    return;
  }
  const { agent, log } = prepared;
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= agent
      .stop()
      .then(() => log.close())
      .then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (isSupervised) {
    // without its supervisor, another one would start a second agent
    process.on('disconnect', stop);
    if (!process.connected) process.exit(0); // it was killed before this process listened
  }
  await agent.start().catch(async (error: unknown) => {
    explain(error);
    await agent.stop();
  });
}

const isSupervised = process.env[SUPERVISED] !== undefined;

async function prepare({ config, credentials }: RunOptions): Promise<{ agent: Agent; log: RecentLog } | Supervisor> {
  const { PLATEN_LOG_LEVEL: level = 'info' } = process.env;
  if (!LOG_LEVELS.some((each) => each === level))
    throw new ConfigurationError([`PLATEN_LOG_LEVEL: must be one of ${LOG_LEVELS.join(', ')}`]);
  const configuration = await readConfiguration(config);
  const outbound = await readProxy(config, process.env);
  const file = credentials ?? credentialsFileFor(config);
  const account = await readCredentials(file);
  const log = new RecentLog(standardError());
  const journal = createJournal('agent', level, log);
  const versions = new AgentVersions(configuration.state, journal);
  if (configuration.updates && !isSupervised)
    return new Supervisor({
      ...{ versions, journal },
      installed: productVersion(),
      releaseKey: configuration.releaseKey ?? account.releaseKey,
      args: ['run', '--config', config, '--credentials', file],
    });
  await log.keepIn(new LogStore(configuration.state, journal));
  if (configuration.site !== undefined)
    journal.warn(
      '"site" in the configuration has no effect: an administrator of the server decides where an agent is; remove it',
    );
  const installation = await Installation.load(configuration.state, journal);
  const keys = new ServerKeys(account, file, journal);
  const keepAlive = await KeepAlive.load(configuration.state, journal);
  const options = { installation, keys, keepAlive, outbound, versions, log };
  return { agent: new Agent(configuration, account, journal, options), log };
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
