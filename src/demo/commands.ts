import type { Command } from 'commander';

/** Adds `platen demo`. */
export function register(program: Command): void {
  program
    .command('demo')
    .description('run everything on this machine, ready to click: server, relay, agent, simulated MFP, sample users')
    .option('--once', 'play the whole scenario without a person, print its steps, and exit 0 or 1', false)
    .option('--data <folder>', 'where the demo keeps its data', 'data/demo')
    .action(async (options: { once: boolean; data: string }) => {
      const { runDemo } = await import('./demo.js');
      process.exitCode = await runDemo(options);
    });
}
