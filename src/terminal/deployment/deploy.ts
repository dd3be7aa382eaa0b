import { DeploymentApi } from './deployment-api';
import { changeWords } from './deployment-words';
import { whenOf, type WhenOptions } from './deploy-options';
import { DeploymentFollower } from './deployment-follower';
import type { Exit } from '../exit-codes';
import { storedLogin } from '../stored-login';
import { UsageError } from '../terminal.errors';
import type { TerminalIo } from '../terminal-io';

export interface DeployOptions extends WhenOptions {
  release?: string;
  pairs?: number;
  relay: string;
}

/** `platen deploy`: instructs a deployment (S311), shows the device list, and follows it to its end. */
export async function deploy(io: TerminalIo, options: DeployOptions): Promise<Exit> {
  const { release, pairs, relay: relayId } = options;
  if (release === undefined && pairs === undefined)
    throw new UsageError(
      'There is nothing to deploy.',
      'Name a release with --release, or a number of pairs with --pairs.',
    );
  const when = whenOf(io, options);
  const api = new DeploymentApi(await storedLogin(io));
  const deployment = await api.instruct({ relayId, release, pairs, ...when });
  if (!options.json) io.tell(`Deployment ${deployment.id}: ${changeWords(deployment)}`);
  return new DeploymentFollower(io, api, options).follow(deployment);
}
