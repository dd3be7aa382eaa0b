import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Program } from './programs';

/** From Debian's cups-ipp-utils and dbus-daemon: a real IPP Everywhere printer with web pages. */
const PRINTER = '/usr/sbin/ippeveprinter';
const DBUS = '/usr/bin/dbus-daemon';

export const findPrinter = (): boolean => existsSync(PRINTER) && existsSync(DBUS);

/**
 * Starts the printer on loopback, with a separate D-Bus, which it requires even without DNS-SD. Resolves when its web
 * pages answer.
 * @returns the programs in the order of their start
 */
export async function startPrinter(options: {
  port: number;
  name: string;
  folder: string;
  /** Its attributes, in the syntax of ipptool(1). */
  attributes?: string;
  /** What it prints, if `attributes` do not say it. */
  formats?: readonly string[];
}): Promise<{ programs: Program[] }> {
  const { port, name, folder, attributes, formats } = options;
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
  const attributeArguments = attributes === undefined ? [] : ['-a', attributesFile];
  const formatArguments = formats === undefined ? [] : ['-f', formats.join(',')];
  const command = [
    '-p',
    String(port),
    '-n',
    'localhost',
    '-r',
    'off',
    '-d',
    join(folder, 'spool'),
    ...attributeArguments,
    ...formatArguments,
    name,
  ];
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
      const response = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
      if (response?.ok) ready = true;
      else await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await Promise.race([ask(), printer.until(() => ready, 'answers')]);
}

/** Attributes of the test printer, in the syntax of ipptool(1); ippeveprinter adds the required ones. The product is invented. */
export const PRINTER_ATTRIBUTES = `
ATTR mimeMediaType document-format-supported application/pdf,image/jpeg,image/pwg-raster,text/plain
ATTR mimeMediaType document-format-default application/pdf
ATTR text printer-make-and-model "Acme LaserMax 9000"
ATTR text printer-device-id "MFG:Acme;MDL:LaserMax 9000;CMD:PDF,JPEG,PWG;SN:AC90001234;"
ATTR text printer-firmware-name "Main"
ATTR text printer-firmware-string-version "2.14.7"
ATTR integer printer-impressions-completed 128456
ATTR integer printer-media-sheets-completed 90211
ATTR octetString printer-supply ${[
  'index=1;class=receptacleThatIsFilled;type=wasteToner;unit=percent;maxcapacity=100;level=60;colorantname=unknown;',
  'index=2;class=supplyThatIsConsumed;type=toner;unit=percent;maxcapacity=100;level=4;colorantname=black;',
  'index=3;class=supplyThatIsConsumed;type=toner;unit=percent;maxcapacity=100;level=55;colorantname=cyan;',
]
  .map((supply) => `"${supply}"`)
  .join(',')}
ATTR text printer-supply-description "Toner waste tank","Black toner","Cyan toner"
`;
