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

/** The browser's file. @throws if there is none */
export function chromiumFile(): string {
  const file = EXECUTABLES.find((path) => existsSync(path));
  if (!file) throw new Error(`${EXECUTABLES.join(' or ')} is needed; npm test installs it`);
  return file;
}

/** Starts a browser without a screen; from another file if it runs elsewhere, and with further arguments. */
export async function startChromium(executablePath = chromiumFile(), args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath, chromiumSandbox: false, timeout: 120_000, args: [...ARGUMENTS, ...args] });
}
