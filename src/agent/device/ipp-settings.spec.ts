import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { decodeIpp, encodeIpp, type IppAttribute } from '../../ipp/ipp-message';
import { IPP_OPERATIONS } from '../../ipp/ipp-registry';
import { startMfp, type RunningMfp } from '../../mfp/mfp';
import { mistakeIn, settingRows, type SettingName } from '../../protocol/device-settings';
import { parseConfiguration } from '../configuration/configuration';
import { IppDevice } from './ipp-device';

const run = promisify(execFile);

const deviceAt = (port: number): IppDevice => {
  const applications = [{ id: 'web', title: 'Web', target: 'http://127.0.0.1:80' }];
  const device = { id: 'mfp', name: 'Hall', kind: 'mfp', applications, ipp: `ipp://127.0.0.1:${port}/ipp/print` };
  return new IppDevice(parseConfiguration(JSON.stringify({ devices: [device] }), '/').devices[0]!);
};

describe('settings by IPP', () => {
  let mfp: RunningMfp;
  let device: IppDevice;
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'platen-settings-'));
    mfp = await startMfp({}, recordedJournal().journal);
    device = deviceAt(mfp.port);
  });
  afterEach(async () => {
    await mfp.stop();
    await removeFolder(folder);
  });

  /** A printer attribute as CUPS's ipptool reads it. */
  async function asIpptool(attribute: string): Promise<string | undefined> {
    const test = join(folder, 'read.test');
    const asked = ['ATTR charset attributes-charset utf-8', 'ATTR naturalLanguage attributes-natural-language en'];
    const target = ['ATTR uri printer-uri $uri', `ATTR keyword requested-attributes ${attribute}`];
    const lines = ['OPERATION Get-Printer-Attributes', 'GROUP operation-attributes-tag', ...asked, ...target];
    await writeFile(test, `{\n${[...lines, `DISPLAY ${attribute}`].join('\n')}\n}\n`);
    const { stdout } = await run('ipptool', ['-c', `ipp://127.0.0.1:${mfp.port}/ipp/print`, test]);
    return stdout.split('\n')[1]?.replace(/^"(.*)"$/, '$1');
  }
  const valueOf = async (name: SettingName) => (await device.settings()).find((each) => each.name === name)?.value;

  it.each<[SettingName, string, string, attribute: string, shown: string]>([
    ['name', 'MFP', 'Copier of the hall', 'printer-name', 'Copier of the hall'],
    ['location', 'Building A, room 214', 'Hall 2 & 3, 1階', 'printer-location', 'Hall 2 & 3, 1階'],
    ['contact', 'it-desk@example.com', '', 'platen-contact', ''],
    ['information', '', 'Two trays', 'printer-info', 'Two trays'],
    ['media-default', 'iso_a4_210x297mm', 'iso_a3_297x420mm', 'media-default', 'iso_a3_297x420mm'],
    ['sides-default', 'one-sided', 'two-sided-long-edge', 'sides-default', 'two-sided-long-edge'],
    ['print-quality-default', 'normal', 'high', 'print-quality-default', 'high'],
    ['print-color-mode-default', 'monochrome', 'color', 'print-color-mode-default', 'color'],
    ['sleep-minutes', '15', '45', 'platen-sleep-minutes', '45'],
    ['language', 'English', 'Français', 'platen-language', 'Français'],
    ['tray-2-paper', 'A3', 'Legal', 'platen-tray-2', 'Legal'],
    ['time-server', 'pool.example.com', 'time.example.com', 'platen-time-server', 'time.example.com'],
  ])('%s is read, set and read back as ipptool reads it', async (name, before, after, attribute, shown) => {
    const known = (await device.settings()).find((each) => each.name === name)!;
    if (before !== '' && name !== 'name') expect(known.value).toBe(before);
    expect(known).toMatchObject({ source: 'ipp', settable: true });
    expect(mistakeIn(name, after, known.choices)).toBeUndefined();
    expect(await device.setSettings([[name, after]])).toEqual(new Map());
    expect(await valueOf(name)).toBe(after);
    expect(await asIpptool(attribute)).toBe(shown);
  });

  it('are refused one by one, with the words of the device', async () => {
    const refusals = await device.setSettings([
      ['name', ''],
      ['sleep-minutes', '30'],
      ['copies-default', '2'],
    ]);
    expect([...refusals.keys()]).toEqual(['name', 'copies-default']);
    expect(refusals.get('name')).toMatch(/client-error-attributes-or-values-not-supported: name must not be empty/);
    expect(refusals.get('copies-default')).toMatch(/client-error-attributes-not-settable|status 0x0413/);
    expect(await valueOf('sleep-minutes')).toBe('30');
  });
});

describe('settings of other devices', () => {
  let server: Server;
  let port: number;
  let answer: (code: number) => { code?: number; attributes?: IppAttribute[]; bytes?: Buffer };
  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { code, requestId } = decodeIpp(Buffer.concat(chunks));
        const { code: status = 0, attributes = [], bytes } = answer(code);
        const groups = [
          {
            group: 'operation' as const,
            attributes: [
              ['charset', 'attributes-charset', 'utf-8'],
              ['naturalLanguage', 'attributes-natural-language', 'en'],
            ] as IppAttribute[],
          },
          { group: 'printer' as const, attributes },
        ];
        response.setHeader('Content-Type', 'application/ipp');
        response.end(bytes ?? encodeIpp({ version: { major: 2, minor: 0 }, code: status, requestId, groups }));
      });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const SET = IPP_OPERATIONS['Set-Printer-Attributes'];
  it.each<[string, IppAttribute[], object]>([
    ['has none', [], []],
    ['cannot set any', [['text', 'printer-location', 'Hall']], [{ name: 'location', settable: false }]],
    [
      'lists what it cannot set, because it lacks the operation',
      [
        ['text', 'printer-location', 'Hall'],
        ['keyword', 'printer-settable-attributes-supported', ['printer-location']],
        ['enum', 'operations-supported', [2, 11]],
      ],
      [{ name: 'location', settable: false }],
    ],
    [
      'lists a settable one without a value',
      [
        ['keyword', 'printer-settable-attributes-supported', ['printer-location', 'media-default']],
        ['enum', 'operations-supported', [2, 11, SET]],
        [
          'keyword',
          'media-supported',
          ['a', 'a', '', 'b'.repeat(81), ...Array.from({ length: 90 }, (_, i) => `m${i}`)],
        ],
      ],
      [
        { name: 'location', value: '', settable: true },
        { name: 'media-default', choices: ['a', ...Array.from({ length: 63 }, (_, i) => `m${i}`)] },
      ],
    ],
    [
      'answers with rubbish',
      [
        ['text', 'printer-location', `\u0000\u202e${'x'.repeat(900)}`],
        ['integer', 'print-quality-default', 99],
        ['boolean', 'sides-default', true],
        ['text', 'copies-default', 'many'],
        ['keyword', 'printer-settable-attributes-supported', ['__proto__', 'constructor']],
      ],
      [
        { name: 'location', value: 'x'.repeat(255) },
        { name: 'sides-default', value: 'true' },
        { name: 'print-quality-default', value: '99' },
        { name: 'copies-default', value: 'many' },
      ],
    ],
  ])('a device that %s', async (_what, attributes, expected) => {
    answer = () => ({ attributes });
    const settings = await deviceAt(port).settings();
    expect(settings).toMatchObject(expected);
    const rows = settings.map((each) => ({ ...each, outcome: 'read', detail: '' }));
    expect(settingRows.safeParse(rows).success).toBe(true);
  });

  it('a device that answers a change with no IPP is not taken as one that has accepted it', async () => {
    answer = (code) => (code === SET ? { bytes: Buffer.from('OK') } : {});
    await expect(deviceAt(port).setSettings([['location', 'Hall']])).rejects.toMatchObject({
      problem: 'invalid-answer',
    });
  });
});
