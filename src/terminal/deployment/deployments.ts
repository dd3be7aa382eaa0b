import type { Deployment } from '../../protocol/deployment';
import { storedLogin } from '../credentials';
import { duration, minute, moment, pairs } from '../formats';
import type { Column } from '../table';
import { UsageError } from '../terminal.errors';
import type { TerminalIo } from '../terminal-io';
import { DeploymentApi } from './deployment-api';
import { changeWords, deviceList, exitOf, outcome, stateLine, STATES } from './deployment-words';

/** Only the values that change. */
const change = ({ from, to }: Deployment): string =>
  from.version === to.version ? `${from.pairs} -> ${pairs(to.pairs)}` : `${from.version} -> ${to.version}`;

const COLUMNS: Column<Deployment>[] = [
  { title: 'DEPLOYMENT', value: ({ id }) => id, width: 36 },
  { title: 'CREATED', value: ({ instructedAt }) => minute(instructedAt), width: 16 },
  { title: 'BY', value: ({ instructedBy }) => instructedBy.displayName, width: 4 },
  { title: 'CHANGE', value: change, width: 14 },
  { title: 'SESS', value: ({ sessions }) => String(sessions.length), width: 4 },
  { title: 'TIME', value: ({ durationSeconds: time }) => (time === null ? '' : duration(time)), width: 5 },
  { title: 'STATE', value: ({ state }) => STATES[state], width: 9 },
];

/** `platen deploy history`: the newest 50. */
export async function deployHistory(io: TerminalIo, options: { json?: boolean }): Promise<void> {
  const rows = await new DeploymentApi(await storedLogin(io)).deployments();
  if (options.json) return io.printJson(rows);
  if (rows.length === 0) return io.print('No deployments yet.');
  io.printTable(COLUMNS, rows);
}

/** `platen deploy status`: one deployment; without an ID, the open ones or else the last one. */
export async function deployStatus(io: TerminalIo, id: string | undefined, options: { json?: boolean }): Promise<void> {
  const api = new DeploymentApi(await storedLogin(io));
  const shown = id === undefined ? current(await api.deployments()) : [await api.deployment(id)];
  if (options.json) return io.printJson(shown);
  if (shown.length === 0) return io.print('No deployments yet.');
  for (const line of shown.flatMap(details)) io.print(line);
}

function current(newestFirst: Deployment[]): Deployment[] {
  const open = newestFirst.filter((each) => exitOf(each) === undefined);
  return open.length > 0 ? open : newestFirst.slice(0, 1);
}

function details(of: Deployment): string[] {
  const isOpen = exitOf(of) === undefined;
  return [
    `Deployment   ${of.id}`,
    `Relay        ${of.relayId}`,
    `Change       ${changeWords(of)}`,
    `Created      ${moment(of.instructedAt)} by ${of.instructedBy.displayName}`,
    `Executed     ${moment(of.executedAt)}`,
    `State        ${stateLine(of)}`,
    ...(isOpen ? [] : [`Finished     ${moment(of.finishedAt)}`]),
    ...(of.returnAfterSeconds === null ? [] : [`New sessions are accepted again in about ${of.returnAfterSeconds} s.`]),
    ...(isOpen ? [] : outcome(of)),
    ...(of.sessions.length > 0 ? ['', ...deviceList(of)] : []),
    '',
  ];
}

/** `platen deploy abort`: one deployment; without an ID, the open one. */
export async function deployAbort(io: TerminalIo, id: string | undefined, options: { json?: boolean }): Promise<void> {
  const api = new DeploymentApi(await storedLogin(io));
  const aborted = await api.abort(id ?? (await onlyOpen(api)));
  if (options.json) return io.printJson(aborted);
  if (exitOf(aborted)) return outcome(aborted).forEach((line) => io.print(line));
  io.print(`${stateLine(aborted)} Follow it: platen deploy status ${aborted.id}`);
}

async function onlyOpen(api: DeploymentApi): Promise<string> {
  const open = (await api.deployments()).filter((each) => exitOf(each) === undefined);
  const [first] = open;
  if (open.length === 1 && first) return first.id;
  if (!first) throw new UsageError('No deployment is open.', 'List them: platen deploy history');
  throw new UsageError(`${open.length} deployments are open.`, 'Pass the ID of one. List them: platen deploy status');
}
