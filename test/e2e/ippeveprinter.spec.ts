import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfiguration } from '../../src/agent/configuration/configuration';
import { SnmpAccess, snmpField } from '../../src/agent/configuration/snmp-access';
import { IppDevice } from '../../src/agent/device/ipp-device';
import { MergedDevice } from '../../src/agent/device/merged-device';
import { SHIPPED_METERS } from '../../src/agent/snmp/shipped-meters';
import { SnmpDevice } from '../../src/agent/snmp/snmp-device';
import { PRINTER_ATTRIBUTES, startPrinter } from '../../src/demo/ippeveprinter';
import { freePorts } from '../../src/demo/free-ports';
import { readPwgRaster, type ReadPage } from '../support/device/pwg-raster-reader';
import { SNMP_PRINTER } from '../support/device/snmp-printer';
import { Snmpd } from '../support/device/snmpd';
import { isRunning } from '../support/is-running';
import { plainHttp } from '../support/plain-http';
import { removeFolder } from '../support/remove-folder';
import { until } from '../support/until';

async function start(name: string, more: { attributes?: string; formats?: string[] } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'platen-printer-'));
  const [port] = await freePorts(1);
  const { programs } = await startPrinter({ port: port!, name, folder, ...more });
  const stop = async () => {
    for (const program of [...programs].reverse()) await program.stop();
    await removeFolder(folder);
  };
  return { folder, port, url: `http://127.0.0.1:${port}/`, pids: programs.map(({ child }) => child.pid!), stop };
}

function deviceAt({ url, port }: Awaited<ReturnType<typeof start>>): IppDevice {
  const application = { id: 'web', title: 'Web', target: url };
  const ipp = `ipp://127.0.0.1:${port}/ipp/print`;
  const fields = { id: 'eve', name: 'Eve', kind: 'printer', applications: [application], ipp };
  return new IppDevice(parseConfiguration(JSON.stringify({ devices: [fields] }), '/').devices[0]!);
}

describe('a real IPP Everywhere printer for the scenarios', () => {
  it('serves its pages, and leaves no process when it is stopped', async () => {
    const printer = await start('Real Printer');
    try {
      const page = await plainHttp(printer.url);
      expect([page.status, page.headers['content-type']]).toEqual([200, expect.stringContaining('text/html')]);
      expect(page.text).toContain('Real Printer');
      // Its rule for Host headers is why a relay has to think about them.
      const foreign = await plainHttp(printer.url, { headers: { Host: 'elsewhere.example' } });
      expect(foreign.status).toBe(400);
      for (const pid of printer.pids) expect(await isRunning(pid)).toBe(true);
    } finally {
      await printer.stop();
    }
    for (const pid of printer.pids) expect(await isRunning(pid)).toBe(false);
    await expect(plainHttp(printer.url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('runs beside another one', async () => {
    const printers = await Promise.all(['One', 'Two'].map((name) => start(name)));
    const pages = await Promise.all(printers.map(({ url }) => plainHttp(url)));
    expect(pages.map(({ text }) => ['One', 'Two'].find((name) => text.includes(name)))).toEqual(['One', 'Two']);
    await Promise.all(printers.map((printer) => printer.stop()));
  });

  it('is read, identified and made to print a test page by the agent', async () => {
    const printer = await start('Real Printer', { attributes: PRINTER_ATTRIBUTES });
    try {
      const device = deviceAt(printer);
      const expected = {
        reached: true,
        problem: null,
        state: 'idle',
        alerts: [],
        supplies: [
          { name: 'Toner waste tank', type: 'wasteToner', colour: '', level: 60, receptacle: true },
          { name: 'Black toner', type: 'toner', colour: 'black', level: 4 },
          { name: 'Cyan toner', type: 'toner', colour: 'cyan', level: 55 },
        ],
        counters: { impressions: 128_456, 'media-sheets': 90_211 },
        model: 'Acme LaserMax 9000',
        serialNumber: 'AC90001234',
        firmwareVersion: '2.14.7',
      };
      expect(await device.information()).toEqual(expected);

      await device.identify();
      await device.printTestPage('Test page');
      const spool = `${printer.folder}/spool`;
      const name = await until('the page', async () => (await readdir(spool)).find((one) => one.endsWith('.pdf')));
      const page = await until('all of it', async () => {
        const text = await readFile(`${spool}/${name}`, 'latin1');
        return text.endsWith('%%EOF\n') && text;
      });
      expect(page).toMatch(/^%PDF-1\.4\n.*\(Test page\) Tj.*\(Device: Eve\) Tj/s);
      await expect(device.restart()).rejects.toMatchObject({ name: 'OperationUnsupported' });
    } finally {
      await printer.stop();
    }
  });

  it('is read by IPP and SNMP together', async () => {
    const printer = await start('Real Printer', { attributes: PRINTER_ATTRIBUTES });
    const agent = await Snmpd.start(SNMP_PRINTER);
    try {
      const access = new SnmpAccess({ ...snmpField.parse({ port: agent.port }), host: '127.0.0.1' }, '/');
      const sources = { ipp: deviceAt(printer), snmp: new SnmpDevice(access, SHIPPED_METERS), shareAddress: true };
      const { supplies, counters, firmwareVersion, sources: read } = await new MergedDevice(sources, []).information();
      expect(supplies[0]).toEqual({ name: 'Black Toner', type: 'toner', colour: 'black', level: 5 });
      expect(counters).toEqual({ impressions: 130_000, 'media-sheets': 90_211, 'copies-full-color': 42, faxes: 17 });
      expect(firmwareVersion).toBe('2.14.7');
      expect(read).toMatchObject({
        state: 'ipp',
        supplies: 'snmp',
        counters: { impressions: 'vendor', 'media-sheets': 'ipp', faxes: 'vendor' },
      });
    } finally {
      await agent.stop();
      await printer.stop();
    }
  });

  it('prints a test page that comes as PWG raster, where it prints nothing else', async () => {
    const printer = await start('Driverless Printer', { formats: ['image/pwg-raster'] });
    try {
      await deviceAt(printer).printTestPage('Test page');
      const spool = `${printer.folder}/spool`;
      const pages = await until('the whole page', async () => {
        const name = (await readdir(spool)).find((one) => one.endsWith('.pwg'));
        return name !== undefined && readPages(await readFile(`${spool}/${name}`));
      });
      expect(pages).toHaveLength(1);
      const { header, field, lines } = pages[0]!;
      expect(header.toString('latin1', 1732, 1796)).toMatch(/^[a-z]+_[a-z0-9]+_[0-9.]+x[0-9.]+(mm|in)\0+$/);
      expect([field(276), field(280), field(400)]).toEqual([300, 300, 18]);
      expect(lines).toHaveLength(field(376));
      expect(new Set(Buffer.concat(lines)).size).toBe(11);
    } finally {
      await printer.stop();
    }
  });

  it('prints no test page where it prints none of its formats, and says which', async () => {
    const printer = await start('Picture Printer', { formats: ['image/jpeg'] });
    try {
      await expect(deviceAt(printer).printTestPage('Test page')).rejects.toMatchObject({
        name: 'DeviceRefused',
        message: expect.stringMatching(
          /prints .*image\/jpeg.*, but a test page is .* or image\/pwg-raster \(sgray_8, /,
        ),
      });
    } finally {
      await printer.stop();
    }
  });
});

/** Undefined as long as the document is not complete. */
function readPages(document: Buffer): ReadPage[] | undefined {
  try {
    return readPwgRaster(document);
  } catch {
    return undefined;
  }
}
