import { bytes } from './formats';
import { DeploymentApi } from './deployment-api';
import { readBounded } from './release-file';
import { storedLogin } from './stored-login';
import type { TerminalIo } from './terminal-io';

/** `platen release upload`: the server checks it while it comes. */
export async function releaseUpload(io: TerminalIo, path: string, options: { json?: boolean }): Promise<void> {
  const api = new DeploymentApi(await storedLogin(io));
  const file = await readBounded(path);
  const release = await api.uploadRelease(file, (sent) =>
    io.tellInPlace(`${bytes(sent)} of ${bytes(file.length)} (${Math.floor((sent / file.length) * 100)} %) `),
  );
  io.clearLine();
  if (options.json) return io.printJson(release);
  io.print(`Release ${release.name} is stored. Deploy it: platen deploy --release ${release.name}`);
}
