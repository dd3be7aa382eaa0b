import type { Command } from 'commander';

/** Adds `platen relay`. Its settings come from the environment (relay-config.ts). */
export function register(program: Command): void {
  program
    .command('relay')
    .description('run the relay, the data plane that connects terminals with devices')
    .action(async () => {
      const { main } = await import('./main.js');
      await main(process.env);
    });
}
