import { InvalidArgumentError, type Command } from 'commander';

interface Flags {
  port: number;
  panelPort?: number;
  viewPort?: number;
  host: string;
  name?: string;
  serial?: string;
  data?: string;
}

/** Adds `platen mfp`. */
export function register(program: Command): void {
  program
    .command('mfp')
    .description('run a simulated MFP with its web pages, for demonstrations and tests')
    .option('--port <number>', 'port of its web pages; 0 takes any free one', parsePort, 8081)
    .option('--panel-port <number>', 'port of its display, to operate it; without, it has none', parsePort)
    .option('--view-port <number>', 'port of the same display, to look at only', parsePort)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--name <text>', 'name of the device')
    .option('--serial <text>', 'serial number')
    .option('--data <folder>', 'where it keeps settings and counters; without, it forgets them')
    .action(async ({ serial, ...flags }: Flags) => {
      const { runMfp } = await import('./main.js');
      await runMfp({ ...flags, serialNumber: serial });
    });
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError('a port is a number from 0 to 65535');
  return port;
}
