import type { Command } from 'commander';
import { productVersion } from '../journal/product-version';
import { LIMITS } from '../protocol/limits';
import { adder, JSON_ANSWER, JSON_ROWS, perform, whole, type Json } from './command-line';
import type { ConnectOptions } from './connect/connect';
import { register as registerCampaigns } from './campaigns/commands';
import { register as registerDeploy } from './deployment/deploy-commands';
import type { LoginOptions } from './login';
import { register as registerMaintenance } from './maintenance/commands';
import { register as registerRelays } from './relays/commands';
import type { VerifyOptions } from './verify-session';
import { register as registerRelease } from './releases/release-commands';

interface Listing extends Json {
  search?: string;
  customer?: string;
  site?: string;
  live?: boolean;
  unread?: boolean;
  device?: string;
}

/** Adds the technician's commands, and the version. */
export function register(program: Command): void {
  program.version(productVersion(), '--version', 'show the version');
  const add = adder(program);

  add('login <server-url>', 'log in to a server and store an API token on this computer')
    .option('--user <user-id>', 'user ID; prompted for if omitted')
    .option('--password-stdin', 'read the password from standard input')
    .option('--code <code>', 'code of the second factor; prompted for if omitted and required')
    .option('--token-stdin', 'read an API token, made in the console, from standard input instead of a password')
    .option('--fingerprint <pin>', 'accept only the server key with this fingerprint (SPKI SHA-256, base64url)')
    .option('--authority <file>', 'PEM file of the private authority that signed the certificates of server and relay')
    .option(
      '--proxy <url>',
      'outbound proxy: http://host:port, https://host:port, or none; default: HTTPS_PROXY and NO_PROXY',
    )
    .option('--proxy-authority <file>', 'PEM file of the authority of an outbound proxy that intercepts TLS')
    .option('--proxy-tls-authority <file>', 'PEM file of the authority that signed the certificate of an https: proxy')
    .action((serverUrl: string, options: LoginOptions) =>
      perform(async (io) => (await import('./login.js')).login(io, serverUrl, options)),
    );
  add('logout', 'revoke the stored API token and remove it').action(() =>
    perform(async (io) => (await import('./login.js')).logout(io)),
  );
  add('whoami', 'show the current user and server')
    .option(...JSON_ANSWER)
    .action((options: Json) => perform(async (io) => (await import('./login.js')).whoami(io, options), options));
  add('devices', 'list the devices')
    .option(...JSON_ROWS)
    .option(
      '--search <text>',
      'only devices that contain this text in ID, name, model, serial number, location, agent, customer, site or alert',
    )
    .option('--customer <name>', 'only devices of this customer')
    .action((options: Listing) => perform(async (io) => (await import('./devices.js')).devices(io, options), options));
  add('conditions <device>', 'show the access conditions set at a device, and the latest denials')
    .option(...JSON_ANSWER)
    .action((deviceId: string, options: Json) =>
      perform(async (io) => (await import('./conditions.js')).conditions(io, deviceId, options), options),
    );
  add('customers', 'list the customers and their sites')
    .option(...JSON_ROWS)
    .action((options: Listing) =>
      perform(async (io) => (await import('./customers.js')).customers(io, options), options),
    );
  const users = add('users', 'list the users and their customers (administrators)')
    .option(...JSON_ROWS)
    .action((options: Listing) => perform(async (io) => (await import('./users.js')).users(io, options), options));
  for (const [kind, description] of [
    ['assign', 'have a user work for customers, too (administrators)'],
    ['unassign', 'take customers away from a user; their open sessions end (administrators)'],
  ] as const)
    adder(users)(`${kind} <user-id> <customer...>`, description).action((userId: string, customers: string[]) =>
      perform(async (io) => (await import('./users.js')).assign(io, userId, customers, kind)),
    );
  add('sessions', 'list the remote sessions, newest first')
    .option(...JSON_ROWS)
    .option('--live', 'only open sessions')
    .option('--device <device>', 'only sessions with this device')
    .action((options: Listing) =>
      perform(async (io) => (await import('./sessions.js')).sessions(io, options), options),
    );
  const one = add('session <id>', 'show a remote session and its steps')
    .option(...JSON_ANSWER)
    .action((id: string, options: Json) =>
      perform(async (io) => (await import('./sessions.js')).session(io, id, options), options),
    );
  adder(one)('verify <id>', 'verify on this computer who approved or declined a session at the device')
    .option('--key <fingerprint>', 'accept only the agent key with this fingerprint (platen agent fingerprint)')
    .option('--json', 'print the verified record as JSON')
    .action((id: string, _: object, command: Command) => {
      const options: VerifyOptions = command.optsWithGlobals(); // the command around it has --json, too
      return perform(async (io) => (await import('./verify-session.js')).verifySession(io, id, options), options);
    });
  add('end <id>', 'end a remote session').action((id: string) =>
    perform(async (io) => (await import('./sessions.js')).end(io, id)),
  );
  add('notices', 'show notices, newest first, and mark them as read')
    .option(...JSON_ROWS)
    .option('--unread', 'only unread notices')
    .action((options: Listing) => perform(async (io) => (await import('./notices.js')).notices(io, options), options));
  add('enrolment-code <agent>', 'create a one-time code that enrols an agent (administrators)')
    .option('--customer <name>', 'where a new agent is; created if it does not exist')
    .option('--site <name>', 'site (LAN) of the customer; created if it does not exist')
    .option('--devices <ids>', 'device IDs that a new agent may announce, separated by commas; hall-* for a prefix')
    .option(...JSON_ANSWER)
    .action((agentId: string, options: Listing) =>
      perform(async (io) => (await import('./enrolment-code.js')).enrolmentCode(io, agentId, options), options),
    );
  add('connect <device> <application>', "request access to a device's application and open a local port to it")
    .requiredOption('--reason <text>', 'why access is needed; shown to the person at the device')
    .option('--port <number>', 'local port on 127.0.0.1; any free port if omitted', whole(0, 65_535), 0)
    .option('--minutes <number>', 'how long the session may last', whole(1, LIMITS.SESSION_MINUTES))
    .option('--proxy', "open an HTTP proxy to all origins of the application's pages instead of a port to one")
    .option('--again', 'request access again when the session is interrupted by a deployment of the relay')
    .option('--json', 'print one JSON object per event')
    .action((device: string, application: string, options: Omit<ConnectOptions, 'device' | 'application'>) =>
      perform(
        async (io) =>
          (await import('./connect/connect.js')).connect(io, {
            ...options,
            device,
            application,
            proxy: options.proxy === true,
            again: options.again === true,
            json: options.json === true,
          }),
        options,
      ),
    );
  registerMaintenance(program);
  registerCampaigns(program);
  registerRelease(program);
  registerDeploy(program);
  registerRelays(program);
}
