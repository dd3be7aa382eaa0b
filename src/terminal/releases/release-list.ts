import type { Release } from '../../protocol/deployment';
import { DeploymentApi } from '../deployment/deployment-api';
import { bytes, moment } from '../formats';
import { storedLogin } from '../stored-login';
import { table, type Column } from '../table';
import type { TerminalIo } from '../terminal-io';

const COLUMNS: Column<Release>[] = [
  { title: 'RELEASE', value: ({ name }) => name, width: 24 },
  { title: 'VERSION', value: ({ version }) => version, width: 16 },
  { title: 'SERVES', value: ({ serving }) => (serving ? 'yes' : ''), width: 6 },
  { title: 'SIZE', value: ({ bytes: count }) => (count === null ? '' : bytes(count)), width: 7 },
  { title: 'STORED', value: ({ storedAt }) => moment(storedAt).slice(0, 16), width: 16 },
  { title: 'NOTES', value: ({ notes }) => notes, width: 21 },
];

/** `platen release list` */
export async function releaseList(io: TerminalIo, options: { json?: boolean }): Promise<void> {
  const releases = await new DeploymentApi(await storedLogin(io)).releases();
  if (options.json) return io.printJson(releases);
  for (const line of table(COLUMNS, releases)) io.print(line);
}
