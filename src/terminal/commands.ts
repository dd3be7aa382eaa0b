import type { Command } from 'commander';
import { LIMITS } from '../protocol/limits';
import { adder, perform, whole, type Json } from './command-line';
import type { ConnectOptions } from './connect/connect';
import { register as registerDeploy } from './deployment/deploy-commands';
import type { LoginOptions } from './login';
import { register as registerMaintenance } from './maintenance/commands';
import { register as registerRelease } from './releases/release-commands';

interface Listing extends Json {
  search?: string;
  live?: boolean;
  unread?: boolean;
  device?: string;
}

/** Adds the technician's commands. */
export function register(program: Command): void {
  const add = adder(program);

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
    .option(
      '--search <text>',
      'only devices with this text in ID, name, model, serial number, location, agent or alert',
    )
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
    .option('--again', 'when the session is halted for a deployment of the relay, ask for a new one')
    .option('--json', 'print one JSON object per event')
    .action((device: string, application: string, options: Omit<ConnectOptions, 'device' | 'application'>) =>
      perform(
        async (io) =>
          (await import('./connect/connect.js')).connect(io, {
            ...options,
            device,
            application,
            again: options.again === true,
            json: options.json === true,
          }),
        options,
      ),
    );
  registerMaintenance(program);
  registerRelease(program);
  registerDeploy(program);
}
