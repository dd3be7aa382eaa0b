import type { Deployment } from '../../protocol/deployment';
import { DeploymentApi } from './deployment-api';
import { changeWords, deviceList, exitOf, outcome, stateLine } from './deployment-words';
import { moment } from '../formats';
import { storedLogin } from '../stored-login';
import type { TerminalIo } from '../terminal-io';

/** `platen deploy status`: one deployment; without ID those that are open, or else the last one. */
export async function deployStatus(io: TerminalIo, id: string | undefined, options: { json?: boolean }): Promise<void> {
  const api = new DeploymentApi(await storedLogin(io));
  const shown = id === undefined ? current(await api.deployments()) : [await api.deployment(id)];
  if (options.json) return io.printJson(shown);
  if (shown.length === 0) return io.print('Nothing has been deployed yet.');
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
    `Instructed   ${moment(of.instructedAt)} by ${of.instructedBy.displayName}`,
    `Executed     ${moment(of.executedAt)}`,
    `State        ${stateLine(of)}`,
    ...(isOpen ? [] : [`Finished     ${moment(of.finishedAt)}`]),
    ...(of.returnAfterSeconds === null ? [] : [`New sessions are refused, for about ${of.returnAfterSeconds} s more.`]),
    ...(isOpen ? [] : outcome(of)),
    ...(of.sessions.length > 0 ? ['', ...deviceList(of)] : []),
    '',
  ];
}
