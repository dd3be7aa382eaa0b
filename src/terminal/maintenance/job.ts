import { storedLogin } from '../stored-login';
import type { TerminalIo } from '../terminal-io';
import { details, resultTable, stateLine } from './job-words';
import { MaintenanceApi } from './maintenance-api';

/** `platen job <id>` */
export async function job(io: TerminalIo, id: string, options: { json?: boolean }): Promise<void> {
  const found = await new MaintenanceApi(await storedLogin(io)).job(id);
  if (options.json) return io.printJson(found);
  const result = resultTable(found.result);
  for (const line of [...details(found), ...(result.length > 0 ? ['', ...result] : [])]) io.print(line);
}

/** `platen job cancel <id>` */
export async function cancelJob(io: TerminalIo, id: string, options: { json?: boolean }): Promise<void> {
  const cancelled = await new MaintenanceApi(await storedLogin(io)).cancel(id);
  if (options.json) return io.printJson(cancelled);
  io.print(stateLine(cancelled));
}
