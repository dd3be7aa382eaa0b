import { Argument, type Command } from 'commander';
import { LIMITS } from '../../protocol/limits';
import { OPERATIONS, type Operation } from '../../protocol/maintenance';
import { adder, perform, whole, type Json } from '../command-line';
import type { FirmwareUploadOptions } from './firmware';
import type { MaintainOptions } from './maintain';

/** Adds `platen maintain`, `jobs`, `job` and `firmware ...`. */
export function register(program: Command): void {
  const add = adder(program);

  add('maintain', 'ask a device for something without a session, and wait for the result')
    .argument('<device>')
    .addArgument(new Argument('<operation>', operationsHelp()).choices(Object.keys(OPERATIONS)))
    .option('--firmware <id or version>', 'with firmware-install: which file')
    .option('--wait <minutes>', 'how long it may wait to be begun', whole(0, LIMITS.JOB_WAIT_MINUTES), 0)
    .option('--detach', "print the job's ID and do not wait for the result")
    .option('--json', 'print one JSON object per change')
    .action((device: string, operation: Operation, options: MaintainOptions) =>
      perform(async (io) => (await import('./maintain.js')).maintain(io, device, operation, options), options),
    );
  add('jobs', 'list the maintenance jobs, newest first')
    .option('--json', "print the API's rows")
    .option('--open', 'only those that are not over')
    .option('--device <device>', 'only those of this device')
    .action((options: Json & { open?: boolean; device?: string }) =>
      perform(async (io) => (await import('./jobs.js')).jobs(io, options), options),
    );
  const job = add('job', 'show a maintenance job with its result')
    .argument('<id>')
    .option('--json', "print the API's answer")
    .action((id: string, options: Json) =>
      perform(async (io) => (await import('./job.js')).job(io, id, options), options),
    );
  adder(job)('cancel <id>', 'withdraw a job that the device has not begun')
    .option('--json', "print the API's answer")
    .action((id: string, _: Json, command: Command) => {
      // an option that `job` has too is taken by it wherever it stands
      const options = command.optsWithGlobals<Json>();
      return perform(async (io) => (await import('./job.js')).cancelJob(io, id, options), options);
    });
  registerFirmware(program);
}

function registerFirmware(program: Command): void {
  const add = adder(adder(program)('firmware', 'the firmware files that can be installed'));
  add('list', 'list the files on the server')
    .option('--json', "print the API's rows")
    .action((options: Json) =>
      perform(async (io) => (await import('./firmware.js')).firmwareList(io, options), options),
    );
  add('upload <file>', 'store a file on the server (administrators)')
    .requiredOption('--firmware-version <version>', 'as the device shows it after the installation')
    .option('--model <model>', 'only for devices of this model; any otherwise', '')
    .option('--json', "print the API's answer")
    .action((file: string, options: FirmwareUploadOptions) =>
      perform(async (io) => (await import('./firmware.js')).firmwareUpload(io, file, options), options),
    );
  add('remove <id>', 'remove a file from the server (administrators)').action((id: string) =>
    perform(async (io) => (await import('./firmware.js')).firmwareRemove(io, id)),
  );
}

const operationsHelp = (): string =>
  Object.entries(OPERATIONS)
    .map(([name, words]) => `${name}: ${words}`)
    .join(' ');
