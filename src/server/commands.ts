import { Argument, Option, type Command } from 'commander';
import type { Role } from '../protocol/api';
import type { CreateUserOptions } from './commands/accounts.command';
import type { BackupOptions } from './commands/backup.command';
import type { KeyAction } from './commands/control-channel-key.command';

/** As a list of its own: the schema would be loaded with every command. */
const ROLES = ['admin', 'technician'] satisfies Role[];

/** `platen server` and its subcommands, `platen doctor`, `platen audit`, `platen backup` and `platen restore`. */
export function register(program: Command): void {
  const server = program
    .command('server')
    .description('run the server: console, REST API, control channel, session management')
    .action(async () => (await import('./main.js')).main());

  server
    .command('create-user <username>')
    .description('create a user, for example the first administrator; also while the server runs')
    .addOption(new Option('--role <role>', 'what the user may do').choices(ROLES).makeOptionMandatory())
    .option('--display-name <name>', 'the name that others see; default: the username')
    .option('--password-stdin', 'read the password from standard input, also on a terminal')
    .option('--emergency', 'the user logs in with the password also where all others log in by single sign-on')
    .action(async (username: string, options: CreateUserOptions) =>
      (await import('./commands/accounts.command.js')).runCreateUser(username, options),
    );

  server
    .command('remove-factors <username>')
    .description('remove the second factors of a user who has lost them; also while the server runs')
    .action(async (username: string) => (await import('./commands/accounts.command.js')).runRemoveFactors(username));

  server
    .command('relay-secret <relay-id>')
    .description('print the secret that a relay on another machine needs to connect to this server')
    .action(async (relayId: string) => (await import('./commands/relay-secret.command.js')).runRelaySecret(relayId));

  server
    .command('fingerprint')
    .description("print the fingerprint of the server's key, which technicians compare at their first login")
    .action(async () => (await import('./commands/fingerprint.command.js')).runFingerprint());

  server
    .command('control-channel-key')
    .description('show the key of the control channel, which agents pin, or change it in a planned way')
    .addArgument(new Argument('[action]', 'what to do').choices(['show', 'prepare', 'change']).default('show'))
    .option('--force', 'change it even if agents do not know the next key; they have to be enrolled again')
    .action(async (action: KeyAction, options: { force?: boolean }) =>
      (await import('./commands/control-channel-key.command.js')).runControlChannelKey(action, options),
    );

  program
    .command('audit')
    .description('the audit trail of the server')
    .command('verify')
    .description('find entries that were changed, removed or reordered; also while the server runs')
    .option('--noted <id:hash>', 'an entry as an earlier verification has printed it: the trail must still contain it')
    .action(async (options: { noted?: string }) =>
      (await import('./commands/audit-verify.command.js')).runAuditVerify(options),
    );

  program
    .command('doctor')
    .description('check the server: settings, data, database, backups, mail, certificate, names, ports and the ways in')
    .action(async () => (await import('./commands/doctor.command.js')).runDoctor());

  program
    .command('backup <file>')
    .description("write the server's data into one new file; also while the server runs")
    .option('--passphrase-file <file>', 'encrypt it with the passphrase in the first line of this file')
    .action(async (file: string, options: BackupOptions) =>
      (await import('./commands/backup.command.js')).runBackup(file, options),
    );

  program
    .command('restore <file>')
    .description('restore a backup as the data of a server that has none; nothing is changed unless all of it is right')
    .option('--passphrase-file <file>', 'the file with its passphrase')
    .action(async (file: string, options: BackupOptions) =>
      (await import('./commands/backup.command.js')).runRestore(file, options),
    );
}
