import { DeploymentApi } from './deployment-api';
import { changeWords } from './deployment-words';
import { whenOf, type WhenOptions } from './deploy-options';
import { DeploymentFollower } from './deployment-follower';
import type { Exit } from '../exit-codes';
import { storedLogin } from '../stored-login';
import type { TerminalIo } from '../terminal-io';

/** `platen deploy roll-back`: deploys what served before a deployment. */
export async function deployRollBack(io: TerminalIo, id: string, options: WhenOptions): Promise<Exit> {
  const when = whenOf(io, options);
  const api = new DeploymentApi(await storedLogin(io));
  const listed = await api.rollBack(id);
  if (!options.json) io.tell(`Deployment ${listed.id}: ${changeWords(listed)}`);
  // with no session it is under way already
  const put = listed.state === 'listed' && when.when !== 'ask' ? await api.execute(listed.id, when) : listed;
  return new DeploymentFollower(io, api, options).follow(put);
}
