import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Builds the relay as it is now into a release's script. @returns its path */
export async function buildRelease(version: string, folder: string): Promise<string> {
  const tool = join(__dirname, '../../../tools/build-release.mjs');
  await promisify(execFile)(process.execPath, [tool, '--version', version, '--out', folder]);
  return join(folder, `platen-relay-${version}.cjs`);
}
