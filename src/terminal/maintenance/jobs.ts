import type { Job } from '../../protocol/maintenance';
import { storedLogin } from '../credentials';
import { minute } from '../formats';
import type { Column } from '../table';
import type { TerminalIo } from '../terminal-io';
import { details, operationWords, printResults, stateLine, stateWords } from './job-words';
import { MaintenanceApi } from './maintenance-api';

const COLUMNS: Column<Job>[] = [
  { title: 'JOB', value: ({ id }) => id, width: 36 },
  { title: 'DEVICE', value: ({ deviceId }) => deviceId, width: 12 },
  { title: 'OPERATION', value: operationWords, width: 14 },
  { title: 'STATE', value: stateWords, width: 14 },
  { title: 'REQUESTED', value: ({ requestedAt }) => minute(requestedAt), width: 16 },
];

/** `platen jobs`: the newest 50. */
export async function jobs(
  io: TerminalIo,
  options: { json?: boolean; open?: boolean; device?: string },
): Promise<void> {
  const client = await storedLogin(io);
  const rows = await new MaintenanceApi(client).jobs({ open: options.open, deviceId: options.device });
  if (rows.length === 0 && options.device !== undefined) await client.device(options.device); // is it known?
  if (options.json) return io.printJson(rows);
  if (rows.length > 0) return io.printTable(COLUMNS, rows);
  const what = options.open ? 'No open jobs' : 'No jobs yet';
  io.print(`${what}. Start one: platen maintain <device> <operation>`);
}

/** `platen job <id>` */
export async function job(io: TerminalIo, id: string, options: { json?: boolean }): Promise<void> {
  const found = await new MaintenanceApi(await storedLogin(io)).job(id);
  if (options.json) return io.printJson(found);
  for (const line of details(found)) io.print(line);
  if (found.result.length + found.settingRows.length > 0) io.print('');
  printResults(io, found);
}

/** `platen job cancel <id>` */
export async function cancelJob(io: TerminalIo, id: string, options: { json?: boolean }): Promise<void> {
  const cancelled = await new MaintenanceApi(await storedLogin(io)).cancel(id);
  if (options.json) return io.printJson(cancelled);
  io.print(stateLine(cancelled));
}
