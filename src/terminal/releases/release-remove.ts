import { DeploymentApi } from '../deployment/deployment-api';
import { storedLogin } from '../stored-login';
import type { TerminalIo } from '../terminal-io';

/** `platen release remove` */
export async function releaseRemove(io: TerminalIo, version: string): Promise<void> {
  await new DeploymentApi(await storedLogin(io)).removeRelease(version);
  io.print(`Release ${version} is removed.`);
}
