import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../customer-networks';
import type { NetworkStage } from '../stage/network-stage';
import { chromiumFile } from './chromium';
import { ConsoleBrowser } from './console-browser';

/** Chromium on a host. Of the keys that no authority has signed, it accepts the server's. */
export async function launchOn(on: NetworkStage, host: Host, args: readonly string[] = []): Promise<ConsoleBrowser> {
  const script = join(on.folder, 'chromium');
  const quoted = on.networks.on(host, chromiumFile()).map((word) => `'${word}'`);
  await writeFile(script, `#!/bin/sh\nexec ${quoted.join(' ')} "$@"\n`);
  await chmod(script, 0o700);
  const key = Buffer.from(on.pin, 'base64url').toString('base64');
  return ConsoleBrowser.launch(script, [`--ignore-certificate-errors-spki-list=${key}`, ...args]);
}
