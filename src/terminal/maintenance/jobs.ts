import type { Job } from '../../protocol/maintenance';
import { moment } from '../formats';
import { storedLogin } from '../stored-login';
import { table, type Column } from '../table';
import type { TerminalIo } from '../terminal-io';
import { operationWords } from './job-words';
import { MaintenanceApi } from './maintenance-api';

const COLUMNS: Column<Job>[] = [
  { title: 'JOB', value: ({ id }) => id, width: 36 },
  { title: 'DEVICE', value: ({ deviceId }) => deviceId, width: 14 },
  { title: 'OPERATION', value: operationWords, width: 16 },
  { title: 'STATE', value: ({ state, hold, failure }) => failure ?? (hold ? `held: ${hold}` : state), width: 15 },
  { title: 'ASKED', value: ({ requestedAt }) => moment(requestedAt).slice(5, 16), width: 11 },
];

/** `platen jobs`: the newest 50. */
export async function jobs(
  io: TerminalIo,
  options: { json?: boolean; open?: boolean; device?: string },
): Promise<void> {
  const rows = await new MaintenanceApi(await storedLogin(io)).jobs({ open: options.open, deviceId: options.device });
  if (options.json) return io.printJson(rows);
  if (rows.length > 0) return table(COLUMNS, rows).forEach((line) => io.print(line));
  const what = options.open ? 'No maintenance job is open' : 'There have been no maintenance jobs';
  io.print(`${what}. Ask for one: platen maintain <device> <operation>`);
}
