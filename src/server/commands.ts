import { Option, type Command } from 'commander';
import { role } from '../protocol/api';
import type { CreateUserOptions } from './commands/create-user.command';

/** `platen server` and what belongs to it. */
export function register(program: Command): void {
  const server = program
    .command('server')
    .description('run the server: console, REST API, control channel, session management')
    .action(async () => (await import('./main.js')).main());

  server
    .command('create-user <username>')
    .description('make a user, the first administrator for example; works while the server runs')
    .addOption(new Option('--role <role>', 'what the user may do').choices(role.options).makeOptionMandatory())
    .option('--display-name <name>', 'as others see the user; otherwise the username')
    .option('--password-stdin', 'read the password from standard input, also on a terminal')
    .action(async (username: string, options: CreateUserOptions) =>
      (await import('./commands/create-user.command.js')).runCreateUser(username, options),
    );

  server
    .command('relay-secret <relay-id>')
    .description('print the secret with which a relay on another machine dials this server')
    .action(async (relayId: string) => (await import('./commands/relay-secret.command.js')).runRelaySecret(relayId));
}
