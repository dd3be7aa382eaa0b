import type { Command } from 'commander';
import type { CheckOptions } from './check';
import type { EnrolOptions } from './enrolment/enrol-command';
import type { RunOptions } from './main';

const CONFIG = 'agent.json';

/** Adds `platen agent ...`. */
export function register(program: Command): void {
  const agent = program.command('agent').description('the device agent, which runs inside the customer’s firewall');

  agent
    .command('enrol')
    .description('exchange an enrolment code for this agent’s account')
    .argument('<code>', 'enrolment code from the server’s administrator; - reads it from standard input')
    .requiredOption('--server <url>', 'address of the server, such as https://platen.example')
    .option('--config <file>', 'configuration file; the credentials are stored in the same folder', CONFIG)
    .option('--credentials <file>', 'where to store the credentials')
    .option('--authority <file>', 'PEM file of the private authority that signed the certificate at that address')
    .option('--force', 'replace existing credentials', false)
    .action(async (code: string, options: EnrolOptions) => {
      const { enrolAgent } = await import('./enrolment/enrol-command.js');
      await enrolAgent(code, options);
    });

  agent
    .command('run')
    .description('run the agent: connect to the server, serve the approval screen, carry approved sessions')
    .requiredOption('--config <file>', 'configuration file')
    .option('--credentials <file>', 'default: agent-credentials.json in the folder of the configuration file')
    .action(async (options: RunOptions) => {
      const { main } = await import('./main.js');
      await main(options);
    });

  agent
    .command('fingerprint')
    .description('print the fingerprint of the key that signs the answers given at this agent’s devices')
    .option('--config <file>', 'configuration file', CONFIG)
    .option('--credentials <file>', 'default: agent-credentials.json in the folder of the configuration file')
    .action(async (options: { config: string; credentials?: string }) => {
      const { printFingerprint } = await import('./enrolment/enrol-command.js');
      await printFingerprint(options);
    });

  agent
    .command('check')
    .description('check a configuration file, the ways to the server, and each device')
    .requiredOption('--config <file>', 'configuration file')
    .option('--credentials <file>', 'default: agent-credentials.json in the folder of the configuration file')
    .option('--relay <url>', 'check the way to this relay, too, such as wss://relay.example/1')
    .action(async (options: CheckOptions) => {
      const { checkAgent } = await import('./check.js');
      await checkAgent(options);
    });

  agent
    .command('accept-device')
    .description('take the device that now answers at the address of a device as that device, because it was replaced')
    .argument('<device>', 'device ID')
    .option('--config <file>', 'configuration file', CONFIG)
    .action(async (id: string, options: { config: string }) => {
      const { acceptDevice } = await import('./main.js');
      await acceptDevice(id, options.config);
    });

  agent
    .command('pairing-code')
    .description('print a code with which a phone becomes that of an approver; on the computer of a running agent')
    .option('--config <file>', 'configuration file', CONFIG)
    .option('--device <id...>', 'devices that a new approver may answer for; default: all')
    .option('--conditions', 'a new approver may also set access conditions of these devices', false)
    .option('--reset <name>', 'end all logins of this approver; the code is for a new PIN')
    .action(async (options: { config: string; device?: string[]; conditions: boolean; reset?: string }) => {
      const { printPairingCode } = await import('./approval/approver-commands.js');
      await printPairingCode(options);
    });

  agent
    .command('approvers')
    .description('list the approvers of a running agent on this computer')
    .option('--config <file>', 'configuration file', CONFIG)
    .option('--remove <name>', 'remove this approver; their logins end at once')
    .action(async (options: { config: string; remove?: string }) => {
      const { listApprovers } = await import('./approval/approver-commands.js');
      await listApprovers(options);
    });
}
