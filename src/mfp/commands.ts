import { InvalidArgumentError, Option, type Command } from 'commander';
import type { DeviceKind } from '../protocol/device-kinds';
import { FUNCTIONS } from '../protocol/device-kinds';
import type { Beside } from './main';
import type { LoginScheme } from './web/device-login';

interface Flags {
  port: number;
  boxPort?: number;
  displayPort?: number;
  agentPort?: number;
  agentSecretFile?: string;
  panelPort?: number;
  viewPort?: number;
  rawPort?: number;
  restartMs?: number;
  writeMs?: number;
  login?: LoginScheme;
  host: string;
  kind: DeviceKind;
  name?: string;
  serial?: string;
  data?: string;
  beside?: Beside[];
}

/** Adds `platen mfp`. */
export function register(program: Command): void {
  const mfp = program
    .command('mfp')
    .description('run a simulated MFP, for demonstrations and tests')
    .option('--port <number>', 'port of its web pages; 0: any free port', parsePort, 8081)
    .option('--box-port <number>', 'port of its document boxes; not reached over the network if omitted', parsePort)
    .option('--display-port <number>', 'port of its own display, for the person at it; on loopback', parsePort)
    .option('--agent-port <number>', 'port for its agent, which asks for approval on the display', parsePort)
    .option('--agent-secret-file <file>', 'secret of that agent, or its hash; no such port if omitted')
    .option('--panel-port <number>', 'port of its operation panel for technicians, full control', parsePort)
    .option('--view-port <number>', 'the same, view only', parsePort)
    .option(
      '--raw-port <number>',
      'port that accepts firmware, like 9100 of real printers; none unless given',
      parsePort,
    )
    .option('--restart-ms <number>', 'how long a restart takes', parseCount)
    .option('--write-ms <number>', 'how long it writes firmware, with its old version, before it restarts', parseCount)
    .addOption(
      new Option('--login <scheme>', 'programs log in before a restart, and install with PUT /firmware').choices([
        'basic',
        'digest',
      ]),
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .addOption(new Option('--kind <kind>', 'what it is').choices(Object.keys(FUNCTIONS)).default('mfp'))
    .option('--name <text>', 'name of the device')
    .option('--serial <text>', 'serial number')
    .option(
      '--beside <kind=port>',
      'run another device of this kind, too, with its web pages on this port; may be repeated',
      parseBeside,
    )
    .option('--data <folder>', 'folder for settings and counters; if omitted, they are lost when it stops')
    .action(async ({ serial, ...flags }: Flags) => {
      const { runMfp } = await import('./main.js');
      await runMfp({ ...flags, serialNumber: serial });
    });

  mfp
    .command('firmware')
    .description('write a firmware file that the simulated MFP installs')
    .argument('<version>', 'such as 2.15.000')
    .argument('<file>', 'where to write it')
    .option('--model <text>', 'for another model, which the simulated MFP refuses')
    .option('--bytes <number>', 'size of its payload', parseCount)
    .action(async (version: string, file: string, options: { model?: string; bytes?: number }) => {
      const { writeFirmware } = await import('./main.js');
      await writeFirmware(version, file, options);
    });
}

function parseBeside(text: string, earlier: Beside[] = []): Beside[] {
  const [kind = '', port = ''] = text.split('=', 2);
  const known = (Object.keys(FUNCTIONS) as DeviceKind[]).find((each) => each === kind);
  if (!known) throw new InvalidArgumentError(`Enter one of ${Object.keys(FUNCTIONS).join(', ')}, then = and a port.`);
  return [...earlier, { kind: known, port: parsePort(port) }];
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65_535)) throw new InvalidArgumentError('Enter a number from 0 to 65535.');
  return port;
}

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('Enter a number from 1 to 999999999.');
  return Number(text);
}
