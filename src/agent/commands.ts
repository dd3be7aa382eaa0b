import { Option, type Command } from 'commander';
import type { CheckOptions } from './check';
import type { EnrolOptions } from './enrolment/enrol-command';
import type { RunOptions } from './main';

const DESCRIPTION = 'the device agent, which runs inside the customer’s firewall';

const config = () =>
  new Option('--config <file>', 'configuration file').env('PLATEN_AGENT_CONFIG').default('agent.json');
const credentials = () =>
  new Option('--credentials <file>', 'default: agent-credentials.json in the folder of the configuration file');

/** Adds `platen agent ...`. */
export function register(program: Command): void {
  addCommands(program.command('agent'));
}

/** The commands of the agent. */
export function addCommands(agent: Command): void {
  agent.description(DESCRIPTION);

  agent
    .command('enrol')
    .description('exchange an enrolment code for this agent’s account')
    .argument('<code>', 'enrolment code from the server’s administrator; - reads it from standard input')
    .requiredOption('--server <url>', 'address of the server, such as https://platen.example')
    .addOption(config())
    .addOption(credentials())
    .option('--authority <file>', 'PEM file of the private authority that signed the certificate at that address')
    .option('--force', 'replace existing credentials', false)
    .action(async (code: string, options: EnrolOptions) => {
      const { enrolAgent } = await import('./enrolment/enrol-command.js');
      await enrolAgent(code, options);
    });

  agent
    .command('run')
    .description('run the agent: connect to the server, serve the approval screen, carry approved sessions')
    .addOption(config())
    .addOption(credentials())
    .action(async (options: RunOptions) => {
      const { main } = await import('./main.js');
      await main(options);
    });

  agent
    .command('fingerprint')
    .description('print the fingerprint of the key that signs the answers given at this agent’s devices')
    .addOption(config())
    .addOption(credentials())
    .action(async (options: { config: string; credentials?: string }) => {
      const { printFingerprint } = await import('./enrolment/enrol-command.js');
      await printFingerprint(options);
    });

  agent
    .command('check')
    .description('check a configuration file, the ways to the server, and each device')
    .addOption(config())
    .addOption(credentials())
    .option('--relay <url>', 'check the way to this relay, too, such as wss://relay.example/1')
    .action(async (options: CheckOptions) => {
      const { checkAgent } = await import('./check.js');
      await checkAgent(options);
    });

  agent
    .command('accept-device')
    .description('take the device that now answers at the address of a device as that device, because it was replaced')
    .argument('<device>', 'device ID')
    .addOption(config())
    .action(async (id: string, options: { config: string }) => {
      const { acceptDevice } = await import('./main.js');
      await acceptDevice(id, options.config);
    });

  agent
    .command('taken-in')
    .description('list the devices that administrators of the server have taken in at a running agent on this computer')
    .addOption(config())
    .option('--remove <device>', 'remove this device: it is not served any more, and its sessions end')
    .action(async (options: { config: string; remove?: string }) => {
      const { listTakenIn } = await import('./discovery/taken-in-command.js');
      await listTakenIn(options);
    });

  agent
    .command('pairing-code')
    .description('print a code with which a phone becomes that of an approver; on the computer of a running agent')
    .addOption(config())
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
    .addOption(config())
    .option('--remove <name>', 'remove this approver; their logins end at once')
    .action(async (options: { config: string; remove?: string }) => {
      const { listApprovers } = await import('./approval/approver-commands.js');
      await listApprovers(options);
    });
}
