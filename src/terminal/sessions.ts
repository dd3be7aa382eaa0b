import type { Session } from '../protocol/api';
import { duration, moment, stateOf } from './formats';
import { storedLogin } from './stored-login';
import { table, type Column } from './table';
import type { TerminalIo } from './terminal-io';

const COLUMNS: Column<Session>[] = [
  { title: 'SESSION', value: ({ id }) => id, width: 36 },
  { title: 'DEVICE', value: ({ deviceId, applicationId }) => `${deviceId}/${applicationId}`, width: 18 },
  { title: 'STATE', value: stateOf, width: 19 },
  { title: 'ASKED', value: ({ requestedAt }) => moment(requestedAt).slice(5, 16), width: 11 },
  { title: 'TIME', value: ({ durationSeconds: time }) => (time === null ? '-' : duration(time)), width: 7 },
];

/** `platen sessions`: the newest 50. */
export async function sessions(
  io: TerminalIo,
  options: { json?: boolean; live?: boolean; device?: string },
): Promise<void> {
  const client = await storedLogin(io);
  const rows = await client.sessions({ state: options.live ? 'live' : 'all', deviceId: options.device });
  if (options.json) return io.printJson(rows);
  if (rows.length > 0) return table(COLUMNS, rows).forEach((line) => io.print(line));
  const what = options.live ? 'No session is going on' : 'There have been no sessions';
  io.print(`${what}. Start one: platen connect <device> <application> --reason "..."`);
}
