import type { Release } from '../../protocol/deployment';
import { storedLogin } from '../credentials';
import { DeploymentApi } from '../deployment/deployment-api';
import { readBounded, showSent } from '../files';
import { bytes, minute } from '../formats';
import type { Column } from '../table';
import type { TerminalIo } from '../terminal-io';
import { RELEASE_FILE_BYTES } from './signed-file';

const COLUMNS: Column<Release>[] = [
  { title: 'RELEASE', value: ({ name }) => name, width: 24 },
  { title: 'VERSION', value: ({ version }) => version, width: 16 },
  { title: 'SERVES', value: ({ serving }) => (serving ? 'yes' : ''), width: 6 },
  { title: 'SIZE', value: ({ bytes: count }) => (count === null ? '' : bytes(count)), width: 7 },
  { title: 'STORED', value: ({ storedAt }) => minute(storedAt), width: 16 },
  { title: 'NOTES', value: ({ notes }) => notes, width: 21 },
];

/** `platen release list` */
export async function releaseList(io: TerminalIo, options: { json?: boolean }): Promise<void> {
  const releases = await new DeploymentApi(await storedLogin(io)).releases();
  if (options.json) return io.printJson(releases);
  io.printTable(COLUMNS, releases);
}

/** `platen release upload`: the server verifies it while it arrives. */
export async function releaseUpload(io: TerminalIo, path: string, options: { json?: boolean }): Promise<void> {
  const api = new DeploymentApi(await storedLogin(io));
  const file = await readBounded(path, RELEASE_FILE_BYTES);
  const release = await api.uploadRelease(file, showSent(io, file.length));
  io.clearLine();
  if (options.json) return io.printJson(release);
  io.print(`Release ${release.name} has been stored. Deploy it: platen deploy --release ${release.name}`);
}

/** `platen release remove` */
export async function releaseRemove(io: TerminalIo, version: string): Promise<void> {
  await new DeploymentApi(await storedLogin(io)).removeRelease(version);
  io.print(`Release ${version} has been removed.`);
}
