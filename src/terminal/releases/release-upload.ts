import { DeploymentApi } from '../deployment/deployment-api';
import { readBounded } from '../read-bounded';
import { FILE_BYTES } from './release-file';
import { storedLogin } from '../stored-login';
import { tellSent } from '../tell-sent';
import type { TerminalIo } from '../terminal-io';

/** `platen release upload`: the server checks it while it comes. */
export async function releaseUpload(io: TerminalIo, path: string, options: { json?: boolean }): Promise<void> {
  const api = new DeploymentApi(await storedLogin(io));
  const file = await readBounded(path, FILE_BYTES);
  const release = await api.uploadRelease(file, tellSent(io, file.length));
  io.clearLine();
  if (options.json) return io.printJson(release);
  io.print(`Release ${release.name} is stored. Deploy it: platen deploy --release ${release.name}`);
}
