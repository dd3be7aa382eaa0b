import { Argument, Option, type Command } from 'commander';
import { LIMITS } from '../../protocol/limits';
import type { LogLineLevel } from '../../protocol/log-lines';
import type { Operation } from '../../protocol/maintenance';
import { OPERATIONS } from '../../protocol/operations';
import { adder, JSON_ANSWER, JSON_ROWS, moment, perform, setting, whole, type Json } from '../command-line';
import type { SignOptions } from './sign-firmware';
import type { MaintainOptions } from './maintain';

/** Those of log-lines.ts, whose schemas the command line does not load. */
const LOG_LEVELS: readonly LogLineLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

/** Adds `platen maintain`, `settings`, `jobs`, `job` and `firmware ...`. */
export function register(program: Command): void {
  const add = adder(program);

  add('maintain', 'run a maintenance operation on a device and wait for the result')
    .argument('<device>')
    .addArgument(new Argument('<operation>', operationsHelp()).choices(Object.keys(OPERATIONS)))
    .option('--firmware <id or version>', 'the file to install, with firmware-install')
    .option('--set <setting=value>', 'a value to set, with settings-set; may be repeated', setting)
    .option('--from <time>', 'with logs-read: no earlier lines; such as 2030-01-07T09:00 in local time', moment)
    .option('--until <time>', 'with logs-read: no later lines', moment)
    .addOption(new Option('--level <level>', 'with logs-read: no milder lines').choices(LOG_LEVELS))
    .option('--wait <minutes>', 'how long the job may wait to start', whole(0, LIMITS.JOB_WAIT_MINUTES), 0)
    .option('--detach', 'print the job ID and do not wait for the result')
    .option('--json', 'print one JSON object per change')
    .action((device: string, operation: Operation, options: MaintainOptions) =>
      perform(async (io) => (await import('./maintain.js')).maintain(io, device, operation, options), options),
    );
  add('settings', 'show the settings of a device as they were read last')
    .argument('<device>')
    .option(...JSON_ANSWER)
    .action((device: string, options: Json) =>
      perform(async (io) => (await import('./settings.js')).settings(io, device, options), options),
    );
  add('jobs', 'list the maintenance jobs, newest first')
    .option(...JSON_ROWS)
    .option('--open', 'only open jobs')
    .option('--device <device>', 'only jobs of this device')
    .action((options: Json & { open?: boolean; device?: string }) =>
      perform(async (io) => (await import('./jobs.js')).jobs(io, options), options),
    );
  const job = add('job', 'show a maintenance job and its result')
    .argument('<id>')
    .option(...JSON_ANSWER)
    .action((id: string, options: Json) =>
      perform(async (io) => (await import('./jobs.js')).job(io, id, options), options),
    );
  adder(job)('cancel <id>', 'cancel a job that has not started on the device')
    .option(...JSON_ANSWER)
    .action((id: string, _: Json, command: Command) => {
      // options that `job` has, too, are parsed by `job`, wherever they appear
      const options = command.optsWithGlobals<Json>();
      return perform(async (io) => (await import('./jobs.js')).cancelJob(io, id, options), options);
    });
  registerFirmware(program);
}

function registerFirmware(program: Command): void {
  const add = adder(adder(program)('firmware', 'sign firmware files, and manage those that can be installed'));
  add('list', 'list the firmware files on the server')
    .option(...JSON_ROWS)
    .action((options: Json) =>
      perform(async (io) => (await import('./firmware.js')).firmwareList(io, options), options),
    );
  add('sign <file>', 'sign a firmware file; agents install no other')
    .requiredOption('--firmware-version <version>', 'version that the device reports after the installation')
    .option('--model <model>', 'only for devices of this model; any model if omitted', '')
    .requiredOption('--key <file>', 'the private key; create one: platen release keys')
    .requiredOption('--out <file>', 'signed file to write')
    .action((file: string, options: SignOptions) =>
      perform(async (io) => (await import('./sign-firmware.js')).firmwareSign(io, file, options)),
    );
  add('verify <file>', 'verify signed firmware as server and agents do')
    .requiredOption('--key <file>', 'the public key')
    .option('--json', 'print the manifest as JSON')
    .action((file: string, options: Json & { key: string }) =>
      perform(async (io) => (await import('./sign-firmware.js')).firmwareVerify(io, file, options), options),
    );
  add('upload <file>', 'upload signed firmware to the server (administrators)')
    .option(...JSON_ANSWER)
    .action((file: string, options: Json) =>
      perform(async (io) => (await import('./firmware.js')).firmwareUpload(io, file, options), options),
    );
  add('remove <id>', 'remove a firmware file from the server (administrators)').action((id: string) =>
    perform(async (io) => (await import('./firmware.js')).firmwareRemove(io, id)),
  );
}

const operationsHelp = (): string =>
  Object.entries(OPERATIONS)
    .map(([name, words]) => `${name}: ${words}`)
    .join(' ');
