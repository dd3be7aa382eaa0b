import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** Debian's Chromium. The headless shell needs a third less processor time; the full browser serves where it is missing. */
const EXECUTABLES = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];

const ARGUMENTS = [
  '--disable-gpu',
  '--in-process-gpu',
  '--disable-quic',
  '--no-first-run',
  // no traffic of its own
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Starts a browser without a screen. */
export function startChromium(): Promise<Browser> {
  const executablePath = EXECUTABLES.find((path) => existsSync(path));
  if (!executablePath) throw new Error(`${EXECUTABLES.join(' or ')} is needed; npm test installs it`);
  return chromium.launch({ executablePath, chromiumSandbox: false, timeout: 120_000, args: ARGUMENTS });
}
