import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Program } from './programs';

/** Debian's cups-ipp-utils and dbus-daemon: a real IPP Everywhere printer with web pages of its own. */
const PRINTER = '/usr/sbin/ippeveprinter';
const DBUS = '/usr/bin/dbus-daemon';

export const findPrinter = (): boolean => existsSync(PRINTER) && existsSync(DBUS);

/**
 * Starts the printer on loopback. It insists on a D-Bus socket, even with DNS-SD off, so it gets a bus of its own.
 * @returns once its web pages answer; `programs` in the order in which they were started
 */
export async function startPrinter(options: {
  port: number;
  name: string;
  folder: string;
  /** What it says of itself, as printer-attributes.ts writes it. */
  attributes?: string;
}): Promise<{ programs: Program[] }> {
  const { port, name, folder, attributes } = options;
  const socket = join(folder, 'bus');
  await rm(socket, { force: true });
  await mkdir(join(folder, 'spool'), { recursive: true });
  const attributesFile = join(folder, 'attributes.conf');
  if (attributes !== undefined) await writeFile(attributesFile, attributes);
  const bus = Program.start('dbus-daemon', [
    DBUS,
    '--session',
    '--nofork',
    '--print-address=1',
    `--address=unix:path=${socket}`,
  ]);
  await bus.until(() => bus.printed.find((line) => line.startsWith('unix:')), 'listens', 10_000);
  const ownWords = attributes === undefined ? [] : ['-a', attributesFile];
  const command = ['-p', String(port), '-n', 'localhost', '-r', 'off', '-d', join(folder, 'spool'), ...ownWords, name];
  const printer = Program.start('ippeveprinter', [PRINTER, ...command], {
    env: { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${socket}` },
  });
  try {
    await answers(`http://127.0.0.1:${port}/`, printer);
  } catch (error) {
    await Promise.all([printer.stop(), bus.stop()]);
    throw error;
  }
  return { programs: [bus, printer] };
}

async function answers(url: string, printer: Program): Promise<void> {
  let ready: true | undefined;
  const ask = async (): Promise<void> => {
    while (!ready && printer.child.exitCode === null) {
      const response = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
      if (response?.ok) ready = true;
      else await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await Promise.race([ask(), printer.until(() => ready, 'answers', 15_000)]);
}
