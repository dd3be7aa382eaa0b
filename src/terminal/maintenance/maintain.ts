import type { LogLineLevel, LogSelection } from '../../protocol/log-lines';
import type { Firmware, Operation } from '../../protocol/maintenance';
import type { Exit } from '../exit-codes';
import { storedLogin } from '../credentials';
import { UsageError } from '../terminal.errors';
import type { TerminalIo } from '../terminal-io';
import { JobFollower } from './job-follower';
import { operationWords } from './job-words';
import { MaintenanceApi } from './maintenance-api';

export interface MaintainOptions {
  /** ID or version. */
  firmware?: string;
  /** Values by name of the setting. */
  set?: Record<string, string>;
  /** Of the lines of a log: RFC 3339, and the mildest level. */
  from?: string;
  until?: string;
  level?: LogLineLevel;
  /** Minutes. */
  wait: number;
  detach?: boolean;
  json?: boolean;
}

/** `platen maintain`: requests a job (S121) and, without --detach, follows it to its end. */
export async function maintain(
  io: TerminalIo,
  deviceId: string,
  operation: Operation,
  options: MaintainOptions,
): Promise<Exit> {
  const { firmware, set: settings, wait: waitMinutes, detach, json = false } = options;
  const log = logIn(operation, options);
  if ((operation === 'settings-set') !== (settings !== undefined))
    throw new UsageError(
      operation === 'settings-set' ? 'settings-set requires --set.' : '--set is only for settings-set.',
      'Pass each value: --set location="Hall 2". List the settings: platen settings <device>',
    );
  if ((operation === 'firmware-install') !== (firmware !== undefined))
    throw new UsageError(
      operation === 'firmware-install'
        ? 'firmware-install requires --firmware.'
        : '--firmware is only for firmware-install.',
      'Pass a file: --firmware <id or version>. List the files: platen firmware list',
    );
  const client = await storedLogin(io);
  const api = new MaintenanceApi(client);
  const firmwareId =
    firmware === undefined
      ? undefined
      : chosenFirmware(
          firmware,
          await api.firmware(),
          (await client.devices()).find(({ id }) => id === deviceId)?.model,
        );
  io.journal.step('S121', undefined, { deviceId, operation });
  const job = await api.instruct(deviceId, { operation, firmwareId, settings, log, waitMinutes });
  if (detach) {
    if (json) io.printJson(job);
    else io.print(job.id);
    return 'ok';
  }
  if (!json) io.report(`Job ${job.id}: ${operationWords(job)} on ${job.deviceName}`);
  return new JobFollower(io, api, json).follow(job);
}

function logIn(operation: Operation, { from, until, level }: MaintainOptions): LogSelection | undefined {
  if (from === undefined && until === undefined && level === undefined) return undefined;
  if (operation !== 'logs-read')
    throw new UsageError('--from, --until and --level are only for logs-read.', 'Leave them out.');
  if (from !== undefined && until !== undefined && Date.parse(from) >= Date.parse(until))
    throw new UsageError('--until is not after --from.', 'Enter a later time.');
  return { from, until, level };
}

/** The ID of the file. If several have the version, the one for the device's model. @throws UsageError */
export function chosenFirmware(wanted: string, files: Firmware[], model: string | undefined): string {
  if (files.some(({ id }) => id === wanted)) return wanted;
  const ofVersion = preferSigned(files.filter(({ version }) => version === wanted));
  const fitting = ofVersion.filter((file) => file.model === '' || file.model === model);
  const candidates = fitting.length > 0 ? fitting : ofVersion;
  if (candidates.length === 1) return candidates[0]!.id;
  throw new UsageError(
    candidates.length === 0 ? `There is no firmware "${wanted}".` : `There are several files of version ${wanted}.`,
    'Pass the ID of a file. List the files: platen firmware list',
  );
}

/** A file that an earlier version stored unsigned may be there again, signed. */
function preferSigned(files: Firmware[]): Firmware[] {
  const signed = files.filter(({ signedAt }) => signedAt !== null);
  return signed.length > 0 ? signed : files;
}
