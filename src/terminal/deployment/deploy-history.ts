import type { Deployment } from '../../protocol/deployment';
import { DeploymentApi } from './deployment-api';
import { duration, moment } from '../formats';
import { storedLogin } from '../stored-login';
import { table, type Column } from '../table';
import type { TerminalIo } from '../terminal-io';

/** What is different after it. */
const change = ({ from, to }: Deployment): string =>
  from.version === to.version ? `${from.pairs} -> ${to.pairs} pairs` : `${from.version} -> ${to.version}`;

const COLUMNS: Column<Deployment>[] = [
  { title: 'DEPLOYMENT', value: ({ id }) => id, width: 36 },
  { title: 'WHEN', value: ({ instructedAt }) => moment(instructedAt).slice(5, 16), width: 11 },
  { title: 'BY', value: ({ instructedBy }) => instructedBy.displayName, width: 6 },
  { title: 'CHANGE', value: change, width: 14 },
  { title: 'SESS', value: ({ sessions }) => String(sessions.length), width: 4 },
  { title: 'TIME', value: ({ durationSeconds: time }) => (time === null ? '' : duration(time)), width: 6 },
  { title: 'STATE', value: ({ state }) => state, width: 11 },
];

/** `platen deploy history`: the newest 50. */
export async function deployHistory(io: TerminalIo, options: { json?: boolean }): Promise<void> {
  const rows = await new DeploymentApi(await storedLogin(io)).deployments();
  if (options.json) return io.printJson(rows);
  if (rows.length === 0) return io.print('Nothing has been deployed yet.');
  for (const line of table(COLUMNS, rows)) io.print(line);
}
