import { InvalidArgumentError, type Command } from 'commander';
import { LIMITS } from '../protocol/limits';
import type { ConnectOptions } from './connect';
import { EXIT_CODES, type Exit } from './exit-codes';
import type { LoginOptions } from './login';
import type { TerminalIo } from './terminal-io';

interface Json {
  json?: boolean;
}
interface Listing extends Json {
  search?: string;
  live?: boolean;
  unread?: boolean;
  device?: string;
}

/** How long a finished command may linger over sockets that are still closing. */
const LINGER_MS = 2_000;

/** Adds the technician's commands. */
export function register(program: Command): void {
  const add = (usage: string, description: string): Command =>
    program.command(usage).description(description).exitOverride(usageError);

  add('login <server-url>', 'log in to a server; stores an API token of this computer')
    .option('--user <user-id>', 'user ID; asked for otherwise')
    .option('--password-stdin', 'read the password from standard input')
    .option('--fingerprint <pin>', "accept only this key (SPKI SHA-256, base64url) as the server's")
    .action((serverUrl: string, options: LoginOptions) =>
      perform(async (io) => (await import('./login.js')).login(io, serverUrl, options)),
    );
  add('logout', 'revoke the stored API token and forget it').action(() =>
    perform(async (io) => (await import('./logout.js')).logout(io)),
  );
  add('whoami', 'show who is logged in, and where')
    .option('--json', "print the API's answer")
    .action((options: Json) => perform(async (io) => (await import('./whoami.js')).whoami(io, options), options));
  add('devices', 'list the devices')
    .option('--json', "print the API's rows")
    .option('--search <text>', 'only devices with this text in ID, name, model, serial number, location or agent')
    .action((options: Listing) => perform(async (io) => (await import('./devices.js')).devices(io, options), options));
  add('sessions', 'list the remote sessions, newest first')
    .option('--json', "print the API's rows")
    .option('--live', 'only those that are not over')
    .option('--device <device>', 'only those with this device')
    .action((options: Listing) =>
      perform(async (io) => (await import('./sessions.js')).sessions(io, options), options),
    );
  add('notices', 'show what you have to know, newest first; what was shown counts as read')
    .option('--json', "print the API's rows")
    .option('--unread', 'only what you have not read yet')
    .action((options: Listing) => perform(async (io) => (await import('./notices.js')).notices(io, options), options));
  add('session <id>', 'show a remote session with its steps')
    .option('--json', "print the API's answer")
    .action((id: string, options: Json) =>
      perform(async (io) => (await import('./session.js')).session(io, id, options), options),
    );
  add('end <id>', 'end a remote session').action((id: string) =>
    perform(async (io) => (await import('./end.js')).end(io, id)),
  );
  add('ticket <agent>', 'make the one-time ticket that enrols an agent (administrators)')
    .option('--json', "print the API's answer")
    .action((agentId: string, options: Json) =>
      perform(async (io) => (await import('./ticket.js')).ticket(io, agentId, options), options),
    );
  add('connect <device> <application>', "open a local port that leads to a device's application, once it is approved")
    .requiredOption('--reason <text>', 'why; the person at the device reads it')
    .option('--port <number>', 'local port on 127.0.0.1; any free one otherwise', whole(0, 65_535), 0)
    .option('--minutes <number>', 'how long the session may last', whole(1, LIMITS.SESSION_MINUTES))
    .option('--json', 'print one JSON object per event')
    .action((device: string, application: string, options: Omit<ConnectOptions, 'device' | 'application'>) =>
      perform(
        async (io) =>
          (await import('./connect.js')).connect(io, { ...options, device, application, json: options.json === true }),
        options,
      ),
    );
}

async function perform(command: (io: TerminalIo) => Promise<Exit | void>, options: Json = {}): Promise<void> {
  const { processIo } = await import('./terminal-io.js');
  const { runCommand } = await import('./run-command.js');
  process.exitCode = await runCommand(processIo(), command, options);
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

/** Help is no error; every mistake in the arguments has the code for usage. */
function usageError(error: { exitCode: number }): never {
  process.exit(error.exitCode === 0 ? EXIT_CODES.ok.code : EXIT_CODES.usage.code);
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`give a number from ${least} to ${most}`);
  };
}
