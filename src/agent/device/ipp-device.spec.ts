import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { PanelDisplay } from '../../../test/support/device/panel-display';
import { plainHttp } from '../../../test/support/plain-http';
import { removeFolder } from '../../../test/support/remove-folder';
import { until } from '../../../test/support/until';
import { makeFirmware } from '../../mfp/firmware/firmware-file';
import { startMfp, type RunningMfp } from '../../mfp/mfp';
import { parseConfiguration } from '../configuration/configuration';
import { IppDevice } from './ipp-device';

const RESTART_MS = 300;

/** A device from the configuration of an agent. */
const deviceAt = (fields: object): IppDevice => {
  const application = { id: 'web', title: 'Web', target: 'http://127.0.0.1:80' };
  const device = { id: 'mfp', name: 'Hall', kind: 'mfp', applications: [application], ...fields };
  return new IppDevice(parseConfiguration(JSON.stringify({ devices: [device] }), '/').devices[0]!);
};

describe('IppDevice', () => {
  let mfp: RunningMfp;
  let device: IppDevice;
  let folder: string;
  const journal = recordedJournal();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'platen-device-'));
    const options = { pageMs: 5, rawPort: 0, panelPort: 0, restartMs: RESTART_MS, data: join(folder, 'mfp') };
    mfp = await startMfp(options, journal.journal);
    device = deviceAt({
      ipp: `ipp://127.0.0.1:${mfp.port}/ipp/print`,
      firmware: `tcp://127.0.0.1:${mfp.rawPort}`,
    });
  });
  afterAll(async () => {
    await mfp.stop();
    await removeFolder(folder);
  });
  const isBack = () => until('the device is back', () => device.information().catch(() => undefined));
  const fileOf = async (content: Buffer): Promise<string> => {
    const path = join(folder, 'firmware.bin');
    await writeFile(path, content);
    return path;
  };

  it('reports the same information as the web pages', async () => {
    expect(await device.information()).toEqual({
      reached: true,
      problem: null,
      state: 'idle',
      alerts: [{ severity: 'warning', code: 'toner-low', text: 'Yellow toner is low.' }],
      supplies: expect.arrayContaining([
        { name: 'Cyan toner', type: 'toner', colour: 'cyan', level: 81 },
        { name: 'Drum unit', type: 'opc', colour: '', level: 72 },
        { name: 'Waste toner box', type: 'wasteToner', colour: '', level: 58, receptacle: true },
      ]),
      counters: {
        impressions: 65_753,
        'media-sheets': 65_753,
        pages: 65_753,
        copies: 21_877,
        scans: 9_406,
        faxes: 853,
      },
      model: 'Platen Demo MFP 3050ci',
      serialNumber: 'PD3050-000417',
      firmwareVersion: '2.14.003',
    });
    expect(device.identity).toEqual({
      serialNumber: 'PD3050-000417',
      uuid: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/),
      mac: '',
      model: expect.any(String),
    });
  });

  it.each([
    [
      'paper-jam',
      'stopped',
      { severity: 'error', code: 'media-jam', text: 'Paper jam. A sheet is caught behind cover A.' },
    ],
    ['cover-open', 'stopped', { severity: 'error', code: 'cover-open' }],
    ['paper-out', 'stopped', { severity: 'error', code: 'media-empty' }],
    ['toner-low', 'idle', { severity: 'warning', code: 'toner-low' }],
  ] as const)('reports the fault %s', async (fault, state, alert) => {
    mfp.machine.raise(fault);
    const { alerts, ...information } = await device.information();
    mfp.machine.clear(fault);
    expect(information.state).toBe(state);
    expect(alerts[0]).toMatchObject(alert);
    expect((await device.information()).alerts).toHaveLength(1);
  });

  it('identifies itself on its display', async () => {
    const display = await PanelDisplay.open(mfp.panelUrl!);
    await device.identify();
    const { picture } = await display.sees('the words', ({ picture }) => picture.message?.tone === 'good');
    expect(picture.message?.text).toBe('Here I am: Copy room, 2nd floor');
    expect((await device.information()).alerts).toContainEqual(
      expect.objectContaining({ severity: 'report', code: 'identify-printer-requested' }),
    );
    display.socket.close();
  });

  it('prints a test page', async () => {
    const { monochrome } = mfp.machine.memory.counters;
    await device.printTestPage('Test page of Platen');
    await until('the page', () => mfp.machine.memory.counters.monochrome === monochrome + 1);
    expect(mfp.machine.memory.jobs.at(-1)).toMatchObject({
      title: 'Test page of Platen',
      owner: 'platen-agent',
      pages: 1,
    });
  });

  it('refuses a job when its queue is full', async () => {
    mfp.machine.raise('paper-jam');
    for (let count = 0; count < 21; count++) mfp.machine.print('Long', 'me', 1, false);
    await expect(device.printTestPage('One more')).rejects.toMatchObject({
      name: 'DeviceRefused',
      message: expect.stringMatching(/Print-Job with server-error-busy: The job queue is full/),
    });
    mfp.machine.clear('paper-jam');
    await until('the jobs are done', () => mfp.machine.status.state === 'idle');
  });

  it('restarts: it is unreachable for a while and keeps its settings', async () => {
    mfp.machine.memory.settings.contact = 'night shift';
    await device.restart();
    const refusal = await until('it is away', async () => {
      const error = await device.information().then(
        () => undefined,
        (thrown: Error) => thrown,
      );
      // an earlier request may have been cut instead
      return error?.message.includes('ECONNREFUSED') && error;
    });
    expect(refusal.name).toBe('DeviceUnreachable');
    await isBack();
    expect(mfp.machine.memory.settings.contact).toBe('night shift');
    expect((await plainHttp(mfp.panelUrl!)).status).toBe(200);
  });

  it.each([
    ['unchanged', '2.15.000', (file: Buffer) => [file]],
    [
      'wrapped in PJL',
      '2.15.001',
      (file: Buffer) => [`\x1b%-12345X@PJL COMMENT x\r\n@PJL UPGRADE SIZE=${file.length}\r\n`, file, '\x1b%-12345X'],
    ],
  ])('installs firmware that is sent %s', async (_how, version, wrap) => {
    const before = (await device.information()).firmwareVersion;
    const content = Buffer.concat(wrap(makeFirmware(version, { bytes: 300_000 })).map((part) => Buffer.from(part)));
    const sent: number[] = [];
    await device.sendFirmware(await fileOf(content), (bytes) => sent.push(bytes));
    expect(sent.at(-1)).toBe(content.length);
    const { firmwareVersion } = await until('the new version', async () => {
      const information = await device.information().catch(() => undefined);
      return information?.firmwareVersion !== before && information;
    });
    expect(firmwareVersion).toBe(version);
  });

  it.each([
    ['that is damaged', 'the file is damaged', makeFirmware('9.9.9').fill(0, 500, 510)],
    ['that is cut off', 'the file is damaged', makeFirmware('9.9.9').subarray(0, 1000)],
    ['of another model', 'it is for another device, Acme 1', makeFirmware('9.9.9', { model: 'Acme 1' })],
    ['of another maker', 'this is not a firmware file of this device', Buffer.alloc(100_000, 'ACME')],
    [
      'in a PJL job that prints',
      'this is not a firmware file of this device',
      Buffer.from('@PJL ENTER LANGUAGE=PCL\r\nhi'),
    ],
  ])('accepts a file %s but does not install it', async (_what, why, content) => {
    const version = (await device.information()).firmwareVersion;
    await device.sendFirmware(await fileOf(content), () => undefined);
    expect(mfp.machine.memory.firmwareUpload).toMatchObject({
      bytes: content.length,
      outcome: `Not installed: ${why}.`,
    });
    expect((await device.information()).firmwareVersion).toBe(version);
  });

  it('supports only operations with a configured address', async () => {
    const bare = deviceAt({});
    const readOnly = deviceAt({ ipp: `ipp://127.0.0.1:${mfp.port}/ipp/print`, maintenance: ['counters'] });
    expect([bare.operations, readOnly.operations, device.operations.length]).toEqual([[], ['counters'], 7]);
    for (const attempt of [
      bare.information(),
      bare.restart(),
      bare.printTestPage('x'),
      readOnly.sendFirmware('none', () => undefined),
    ])
      await expect(attempt).rejects.toMatchObject({ name: 'OperationUnsupported' });
  });

  it('logs no unexpected error', () => {
    expect(journal.lines.filter((line) => 'incident' in line)).toEqual([]);
  });
});
