import { bytes, moment } from '../formats';
import { readBounded } from '../read-bounded';
import { FILE_BYTES, publicKeyFrom, verifiedRelease } from './release-file';
import type { TerminalIo } from '../terminal-io';

/** `platen release verify` */
export async function releaseVerify(
  io: TerminalIo,
  file: string,
  options: { key: string; json?: boolean },
): Promise<void> {
  const manifest = verifiedRelease(await readBounded(file, FILE_BYTES), await publicKeyFrom(options.key));
  if (options.json) return io.printJson(manifest);
  io.print(`Release    ${manifest.version}, signed with this key`);
  io.print(`Protocol   ${manifest.protocol}`);
  io.print(`Script     ${bytes(manifest.bytes)}, SHA-256 ${manifest.sha256}`);
  io.print(`Made       ${moment(manifest.createdAt)}`);
  if (manifest.notes) io.print(`Notes      ${manifest.notes}`);
}
