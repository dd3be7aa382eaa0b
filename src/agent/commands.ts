import type { Command } from 'commander';
import type { EnrolOptions } from './enrolment/enrol-command';
import type { RunOptions } from './main';

const CONFIG = 'agent.json';

/** `platen agent ...`: what runs at the customer. */
export function register(program: Command): void {
  const agent = program.command('agent').description('the device agent, inside the customer’s firewall');

  agent
    .command('enrol')
    .description('exchange an enrolment code for this agent’s account')
    .argument('<code>', 'enrolment code from the administrator of the server; - reads it from standard input')
    .requiredOption('--server <url>', 'address of the server, as https://platen.example')
    .option('--config <file>', 'configuration file; the credentials are stored beside it', CONFIG)
    .option('--credentials <file>', 'where to store the credentials')
    .option('--force', 'replace credentials that are there already', false)
    .action(async (code: string, options: EnrolOptions) => {
      const { enrolAgent } = await import('./enrolment/enrol-command.js');
      await enrolAgent(code, options);
    });

  agent
    .command('run')
    .description('keep the control channel, show the approval screen, carry approved sessions')
    .requiredOption('--config <file>', 'configuration file')
    .option('--credentials <file>', 'default: agent-credentials.json beside the configuration file')
    .action(async (options: RunOptions) => {
      const { main } = await import('./main.js');
      await main(options);
    });

  agent
    .command('check')
    .description('check a configuration file')
    .requiredOption('--config <file>', 'configuration file')
    .action(async (options: { config: string }) => {
      const { checkConfiguration } = await import('./main.js');
      await checkConfiguration(options.config);
    });
}
