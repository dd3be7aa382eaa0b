import { DeploymentApi } from './deployment-api';
import { exitOf, outcome, stateLine } from './deployment-words';
import { storedLogin } from '../stored-login';
import { UsageError } from '../terminal.errors';
import type { TerminalIo } from '../terminal-io';

/** `platen deploy abort`: one deployment; without ID the one that is open. */
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
  throw new UsageError(`${open.length} deployments are open.`, 'Name one: platen deploy status lists them.');
}
