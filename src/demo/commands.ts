import { InvalidArgumentError, type Command } from 'commander';
import type { DemoOptions } from './demo';

/** Adds `platen demo`. */
export function register(program: Command): void {
  program
    .command('demo')
    .description('run a demonstration on this computer: server, relay, agent, simulated MFP and sample users')
    .option('--once', 'run the whole scenario automatically, and exit with 0 or 1', false)
    .option('--verbose', 'also print the protocol steps', false)
    .option('--data <folder>', 'folder for the data of the demo', 'data/demo')
    .option('--first-port <number>', 'use consecutive ports from this one on instead of the usual ones', portNumber)
    .action(async (options: DemoOptions) => {
      const { runDemo } = await import('./demo.js');
      process.exitCode = await runDemo(options);
    });
}

function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1_024 || port > 65_000) throw new InvalidArgumentError('Enter a number from 1024 to 65000.');
  return port;
}
