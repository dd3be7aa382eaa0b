import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { removeFolder } from '../../../test/support/remove-folder';
import { signingKeyOf } from '../../tunnel/signing-key';
import { announcementOf } from '../channel/announcement';
import { ownerRules } from '../maintenance/owner-rules';
import { AddressRanges } from './address-ranges';
import { parseConfiguration, readConfiguration, type Device } from './configuration';
import { ConfigurationError } from './configuration.errors';

const application = { id: 'web', title: 'Web pages', target: 'http://192.168.1.20:8080' };
const device = { id: 'mfp-1', name: 'Hall', kind: 'mfp', applications: [application] };
const withTarget = (target: string) => ({ devices: [{ ...device, applications: [{ ...application, target }] }] });
const parse = (value: unknown) => parseConfiguration(JSON.stringify(value), '/etc/platen');

function problemsOf(text: string): readonly string[] {
  try {
    parseConfiguration(text, '/');
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

const V3 = {
  version: '3',
  user: 'platen',
  authentication: { password: 'authpass123' },
  privacy: { password: 'privpass123' },
};

const withPanel = (panel: object) => JSON.stringify({ devices: [device], panel });

const wake = { host: '192.168.1.21', port: 8633 };

describe('parseConfiguration', () => {
  it.each([
    ['with power saving', { wake, powerSaving: { afterMinutes: 10 } }, { afterMinutes: 10 }],
    ['as earlier versions had it', { powerSaving: { afterMinutes: 10, wake } }, { afterMinutes: 10 }],
    ['of an agent that never sleeps', { wake }, undefined],
  ])('reads the wake address %s', (_case, fields, powerSaving) => {
    expect(parse({ devices: [device], ...fields })).toMatchObject({ wake: { ...wake, mac: null }, powerSaving });
  });

  it('permits weak TLS with the other origins of a device, too', () => {
    const applications = [{ ...application, origins: ['https://192.168.1.20', 'http://192.168.1.20:81'] }];
    const [{ applications: parsed }] = parse({ devices: [{ ...device, applications, weakTls: true }] }).devices as [
      Device,
    ];
    expect(parsed[0]).toMatchObject({ weakTls: true, origins: [{ tls: true, weakTls: true }, { tls: false }] });
    const strict = parse({ devices: [{ ...device, applications }] }).devices[0]!;
    expect(JSON.stringify(strict)).not.toContain('weakTls');
  });

  it('shows texts as they are announced, without characters that hide or reverse others', () => {
    const texts = { name: 'Hall \u202eprinter', model: 'M\u200b1', serialNumber: ' S1 ', location: 'a\nb' };
    const { devices } = parse({ devices: [{ ...device, ...texts }] });
    expect(devices).toMatchObject([{ name: 'Hall printer', model: 'M1', serialNumber: 'S1', location: 'a b' }]);
    const applications = [{ ...device.applications[0], title: 'Web\u2066 pages' }];
    const named = parse({ devices: [{ ...device, applications }] });
    expect(named.devices[0]!.applications[0]!.title).toBe('Web pages');
    expect(() => parse({ devices: [{ ...device, name: '\u200b' }] })).toThrow(/devices\.0\.name: /);
  });

  it('lists the wake addresses of other agents', () => {
    const substituteFor = [wake, { host: 'fd00::21', port: 8633, mac: '00:1a:2b:3c:4d:5e' }];
    expect(parse({ devices: [device], substituteFor }).substituteFor).toEqual([
      { ...wake, mac: null },
      substituteFor[1],
    ]);
  });

  it.each(['https://platen.example:8443', 'https://platen.example/', 'http://127.0.0.1:8080'])(
    'reads the server %s as an origin',
    (server) => {
      expect(parse({ devices: [device], server }).server).toBe(new URL(server).origin);
    },
  );

  it('adds defaults', () => {
    expect(parse({ devices: [device] })).toEqual({
      panel: { host: '127.0.0.1', port: 8631 },
      state: '/etc/platen',
      ranges: new AddressRanges(),
      substituteFor: [],
      meterFiles: [],
      devices: [
        {
          ...device,
          model: '',
          serialNumber: '',
          location: '',
          rules: ownerRules(),
          operations: [],
          applications: [
            {
              ...application,
              target: { host: '192.168.1.20', port: 8080, tls: false, origin: 'http://192.168.1.20:8080' },
              protocol: 'http',
              viewable: false,
            },
          ],
        },
      ],
    });
  });

  it.each([
    ['tcp://printer:5900', { host: 'printer', port: 5900, tls: false }],
    ['http://printer', { host: 'printer', port: 80, tls: false, origin: 'http://printer' }],
    ['https://printer/', { host: 'printer', port: 443, tls: true, origin: 'https://printer' }],
    ['https://[fe80::1]:8443', { host: 'fe80::1', port: 8443, tls: true, origin: 'https://[fe80::1]:8443' }],
  ])('reads the target %s', (target, expected) => {
    expect(parse(withTarget(target)).devices[0]?.applications[0]?.target).toEqual(expected);
  });

  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('accepts the loopback address %s for the panel', (host) => {
    expect(parse({ devices: [device], panel: { host } }).panel).toEqual({ host, port: 8631 });
  });
  it('reads the LAN page, with files beside the configuration', () => {
    const lanOf = (lan: object) => parse({ devices: [device], panel: { lan } }).panel.lan;
    expect(lanOf({})).toEqual({ host: '0.0.0.0', port: 8634 });
    const own = { host: '192.168.1.9', port: 443, name: 'Box.Example', certificate: 'box.pem', key: '/etc/box.key' };
    expect(lanOf(own)).toEqual({
      host: '192.168.1.9',
      port: 443,
      name: 'box.example',
      files: { certificate: '/etc/platen/box.pem', key: '/etc/box.key' },
    });
  });

  const of = (change: object) => parse({ devices: [{ ...device, applications: [{ ...application, ...change }] }] });
  it.each([
    [{}, 'http', false],
    [{ protocol: 'http' }, 'http', false],
    [{ target: 'https://printer' }, 'http', false],
    [{ viewTarget: 'http://printer:8081' }, 'http', true],
    [{ target: 'tcp://printer:5900' }, 'tcp', false],
    [{ target: 'tcp://printer:5900', protocol: 'vnc' }, 'vnc', true],
    [{ target: 'tcp://printer:9100', viewTarget: 'tcp://printer:9101' }, 'tcp', true],
  ])('reads an application with %j: protocol %s, viewable %s', (change, protocol, viewable) => {
    expect(of(change).devices[0]?.applications[0]).toMatchObject({ protocol, viewable });
  });

  it.each<[object, string[], object]>([
    [{}, [], {}],
    [
      { ipp: 'ipp://printer/ipp/print' },
      ['information', 'counters', 'identify', 'test-page', 'restart', 'settings-read'],
      { ipp: { host: 'printer', port: 631, tls: false, path: '/ipp/print', uri: 'ipp://printer/ipp/print' } },
    ],
    [
      { ipp: 'ipps://[fe80::1]:8443/ipp', certificate: 'any', maintenance: ['identify'] },
      ['identify'],
      { ipp: { host: 'fe80::1', port: 8443, tls: true, path: '/ipp', certificate: 'any' } },
    ],
    [
      { ipp: 'ipp://printer', certificate: 'any', maintenance: [] },
      [],
      { ipp: { port: 631, tls: false, path: '', uri: 'ipp://printer', certificate: 'any' } },
    ],
    [{ ipp: 'http://printer', maintenance: [] }, [], { ipp: { port: 80, path: '', uri: 'http://printer' } }],
    [{ ipp: 'ipps://printer/', maintenance: [] }, [], { ipp: { port: 631, tls: true, path: '/' } }],
    [
      { ipp: 'http://printer/ipp', firmware: 'tcp://printer:9100', maintenance: ['firmware-install', 'counters'] },
      ['counters', 'firmware-install'],
      { ipp: { port: 80 }, firmware: { kind: 'raw', host: 'printer', port: 9100 } },
    ],
    [
      { ipp: 'ipp://printer/ipp', firmware: 'https://printer/fw?slot=1', certificate: 'A'.repeat(43), maintenance: [] },
      [],
      { firmware: { kind: 'http', port: 443, tls: true, path: '/fw?slot=1', certificate: 'A'.repeat(43) } },
    ],
  ])('reads a device with %j: operations %j', (fields, operations, targets) => {
    const [read] = parse({ devices: [{ ...device, ...fields }] }).devices;
    expect(read).toMatchObject(targets);
    expect(read?.operations).toEqual(operations);
    // The announcement contains the operations, but no addresses.
    const [announced] = announcementOf([read!]).devices;
    expect(announced).toMatchObject({ id: 'mfp-1', operations });
    expect(announced).not.toHaveProperty('ipp');
    expect(JSON.stringify(announced)).not.toContain('9100');
  });

  it.each<[object, string[], object]>([
    [
      { ipp: 'ipp://printer/ipp', snmp: {} },
      ['information', 'counters', 'identify', 'test-page', 'restart', 'settings-read'],
      {},
    ],
    [
      { snmp: { host: '192.168.1.20' } },
      ['information', 'counters', 'settings-read'],
      { host: '192.168.1.20', port: 161, version: '2c' },
    ],
    [
      { snmp: { host: 'printer', port: 1161, version: '1' }, maintenance: ['counters'] },
      ['counters'],
      { version: '1' },
    ],
    [
      { snmp: { host: 'printer', writeCommunity: 'wr1te' }, maintenance: ['settings-set'] },
      ['settings-set'],
      { writes: true, community: 'public', writeCommunity: 'wr1te' },
    ],
    [
      { snmp: { ...V3, host: 'printer', write: true }, maintenance: ['settings-set'] },
      ['settings-set'],
      { writes: true },
    ],
    [
      { ipp: 'ipp://printer/ipp', maintenance: [], snmp: V3 },
      [],
      { host: 'printer', version: '3', user: { name: 'platen', context: '', protocol: 'SHA-256', isPrivate: true } },
    ],
  ])('reads SNMP of %j: operations %j', (fields, operations, expected) => {
    const [read] = parse({ devices: [{ ...device, ...fields }] }).devices;
    expect(read?.snmp).toMatchObject(expected);
    expect(read?.operations).toEqual(operations);
    expect(announcementOf([read!]).devices[0]).not.toHaveProperty('snmp');
  });

  it('keeps community and passwords of SNMP out of everything that is printed', () => {
    const secret = { community: 's3cret', writeCommunity: 's3cret-too' };
    const [first, second] = parse({
      devices: [
        { ...device, snmp: { host: 'printer', ...secret } },
        { ...device, id: 'mfp-2', snmp: { host: 'printer', ...V3 } },
      ],
    }).devices;
    expect(first?.snmp?.community).toBe('s3cret');
    expect(second?.snmp?.privacyPassword).toBe('privpass123');
    for (const printed of [JSON.stringify([first, second]), inspect([first, second], { depth: 9, showHidden: true })])
      expect(printed).not.toMatch(/s3cret|authpass123|privpass123/);
  });

  it.each([
    ['http://127.0.0.1:8085', { host: '127.0.0.1', port: 8085, tls: false, path: '' }],
    ['http://[::1]:80/platen/', { host: '::1', port: 80, tls: false, path: '/platen' }],
    ['https://mfp.local/v1', { host: 'mfp.local', port: 443, tls: true, path: '/v1' }],
  ])('reads the display %s', (url, address) => {
    const [read] = parse({ devices: [{ ...device, display: { url, secretFile: 'secret' } }] }).devices;
    expect(read?.display).toEqual({ address, secretFile: '/etc/platen/secret' });
    expect(announcementOf([read!]).devices[0]).not.toHaveProperty('display');
  });

  const deviceWith = (change: object) => JSON.stringify({ devices: [{ ...device, ...change }] });
  const ipp = 'ipp://printer/ipp/print';
  const applicationWith = (change: object) =>
    JSON.stringify({ devices: [{ ...device, applications: [{ ...application, ...change }] }] });
  it.each<readonly [string, string, RegExp]>([
    ['text that is not JSON', '{', /^the file: is not JSON at line 1, column 2$/],
    ['a fault in JSON, without quoting it', '{\n  "x": s3cret\n}', /^the file: is not JSON at line 2, column 8$/],
    ['no devices', '{}', /^devices: /],
    ['an empty list of devices', JSON.stringify({ devices: [] }), /^devices: /],
    ['an unknown field', JSON.stringify({ devices: [device], pannel: {} }), /^the file: .*pannel/],
    ['an unknown kind', JSON.stringify({ devices: [{ ...device, kind: 'toaster' }] }), /^devices\.0\.kind: /],
    ['a bad device ID', JSON.stringify({ devices: [{ ...device, id: 'MFP 1' }] }), /^devices\.0\.id: device ID must/],
    ['a device ID twice', JSON.stringify({ devices: [device, device] }), /^devices\.1\.id: .*mfp-1 is used twice/],
    [
      'an application ID twice',
      JSON.stringify({ devices: [{ ...device, applications: [application, application] }] }),
      /^devices\.0\.applications\.1\.id: .*web is used twice/,
    ],
    ['no applications', JSON.stringify({ devices: [{ ...device, applications: [] }] }), /^devices\.0\.applications: /],
    ['a bad port', JSON.stringify({ devices: [device], panel: { port: 70000 } }), /^panel\.port: /],
    ['a bad host', JSON.stringify({ devices: [device], panel: { host: 'a b' } }), /^panel\.host: /],
    [
      'a panel for all networks',
      JSON.stringify({ devices: [device], panel: { host: '0.0.0.0' } }),
      /^panel\.host: .*no login/,
    ],
    [
      'a panel in the LAN',
      JSON.stringify({ devices: [device], panel: { host: '192.168.1.9' } }),
      /no login.*"lan": \{/,
    ],
    ['a page without login in the LAN', withPanel({ host: '0.0.0.0', lan: true }), /panel.lan: must be an object/],
    ['a LAN page that is false', withPanel({ lan: false }), /panel.lan: must be an object/],
    [
      'the panel in the LAN beside a LAN page',
      withPanel({ host: '0.0.0.0', lan: {} }),
      /panel.host: is not a loopback/,
    ],
    [
      'a certificate of the LAN page without a key',
      withPanel({ lan: { certificate: 'a.pem' } }),
      /panel.lan.key: needs/,
    ],
    ['an unknown field of the LAN page', withPanel({ lan: { password: 'x' } }), /password/],
    ['a panel of a named host', JSON.stringify({ devices: [device], panel: { host: 'box.local' } }), /^panel\.host: /],
    ['a target without port', JSON.stringify(withTarget('tcp://printer')), /applications\.0\.target: .*port/],
    ['a target on port 0', JSON.stringify(withTarget('tcp://printer:0')), /applications\.0\.target: .*port/],
    ['a target with a path', JSON.stringify(withTarget('http://printer/admin')), /target: must end after the port/],
    ['a target with a password', JSON.stringify(withTarget('http://a:b@printer')), /target: must not contain a user/],
    ['VNC over HTTP', applicationWith({ protocol: 'vnc' }), /applications\.0\.protocol: must be http or box for/],
    [
      'HTTP over plain TCP',
      applicationWith({ target: 'tcp://printer:80', protocol: 'http' }),
      /applications\.0\.protocol: must be http or box for/,
    ],
    [
      'a viewTarget with another protocol',
      applicationWith({ viewTarget: 'tcp://printer:5900' }),
      /applications\.0\.viewTarget: must have the same protocol/,
    ],
    [
      'other origins of a raw port',
      applicationWith({ target: 'tcp://printer:23', origins: ['http://printer'] }),
      /origins: are for/,
    ],
    [
      'another origin that is a raw port',
      applicationWith({ origins: ['tcp://printer:23'] }),
      /origins\.0: must be http or/,
    ],
    ['another origin with a path', applicationWith({ origins: ['https://printer/x'] }), /origins\.0: must end after/],
    ['an IPP URI without a host', deviceWith({ ipp: 'ipp:///ipp' }), /^devices\.0\.ipp: must look like ipp:/],
    ['an IPP URI of another scheme', deviceWith({ ipp: 'tcp://printer/ipp' }), /^devices\.0\.ipp: must look like/],
    ['an IPP URI with a password', deviceWith({ ipp: 'ipp://a:b@printer/ipp' }), /ipp: must not contain a user/],
    ['an IPP URI on port 0', deviceWith({ ipp: 'ipp://printer:0/ipp' }), /ipp: must name a port/],
    [
      'a firmware address with another scheme',
      deviceWith({ ipp, firmware: 'ftp://printer' }),
      /firmware: must look like tcp:/,
    ],
    ['a firmware address without port', deviceWith({ ipp, firmware: 'tcp://printer' }), /firmware: must name a port/],
    ['firmware without IPP', deviceWith({ firmware: 'tcp://printer:9100' }), /^devices\.0\.firmware: requires "ipp"/],
    [
      'a bad pin',
      deviceWith({ ipp: 'ipps://printer/ipp', certificate: 'abc' }),
      /certificate: must be "any" or the pin/,
    ],
    ['a pin without IPP', deviceWith({ certificate: 'any' }), /certificate: requires "ipp"/],
    ['unknown maintenance', deviceWith({ ipp, maintenance: ['dance'] }), /^devices\.0\.maintenance\.0: /],
    ['SNMP without an address', deviceWith({ snmp: {} }), /^devices\.0\.snmp: needs "host"/],
    ['SNMP of an unknown version', deviceWith({ ipp, snmp: { version: '4' } }), /^devices\.0\.snmp\.version: /],
    [
      'two communities',
      deviceWith({ ipp, snmp: { community: 'a', communityFile: 'b' } }),
      /^devices\.0\.snmp: needs "community" or/,
    ],
    [
      'SNMPv3 without authentication',
      deviceWith({ ipp, snmp: { version: '3', user: 'platen' } }),
      /^devices\.0\.snmp\.authentication: /,
    ],
    [
      'SNMPv3 with MD5',
      deviceWith({ ipp, snmp: { ...V3, authentication: { protocol: 'MD5', password: 'authpass123' } } }),
      /^devices\.0\.snmp\.authentication\.protocol: /,
    ],
    [
      'a short password of SNMPv3',
      deviceWith({ ipp, snmp: { ...V3, privacy: { password: 'short' } } }),
      /^devices\.0\.snmp\.privacy\.password: /,
    ],
    [
      'an operation that SNMP cannot do',
      deviceWith({ snmp: { host: 'printer' }, maintenance: ['identify'] }),
      /maintenance\.0: identify requires "ipp"$/,
    ],
    ['maintenance without IPP', deviceWith({ maintenance: ['restart'] }), /maintenance\.0: restart requires "ipp"/],
    [
      'firmware-install without a firmware address',
      deviceWith({ ipp, maintenance: ['counters', 'firmware-install'] }),
      /maintenance\.1: firmware-install requires "firmware"/,
    ],
    [
      'a document box over plain TCP',
      JSON.stringify({
        devices: [
          { ...device, applications: [{ id: 'box', title: 'Box', target: 'tcp://printer:80', protocol: 'box' }] },
        ],
      }),
      /applications\.0\.protocol: must be http or box for/,
    ],
    [
      'a document box with a target for viewing',
      JSON.stringify({
        devices: [
          {
            ...device,
            applications: [
              { id: 'box', title: 'Box', target: 'http://printer', protocol: 'box', viewTarget: 'http://printer' },
            ],
          },
        ],
      }),
      /applications\.0\.viewTarget: is not possible for a document box/,
    ],
    [
      'a display in the LAN without TLS',
      deviceWith({ display: { url: 'http://192.168.1.20', secretFile: 'x' } }),
      /^devices\.0\.display\.url: must be https/,
    ],
    [
      'a display with a pin without TLS',
      deviceWith({ display: { url: 'http://127.0.0.1', secretFile: 'x', pin: 'A'.repeat(43) } }),
      /^devices\.0\.display\.pin: is only allowed/,
    ],
    [
      'a display without a secret',
      deviceWith({ display: { url: 'https://192.168.1.20' } }),
      /^devices\.0\.display\.secretFile: /,
    ],
    [
      'the display as an application',
      deviceWith({ display: { url: 'https://192.168.1.20:8080', secretFile: 'x' } }),
      /^devices\.0\.applications\.0: must not be the display/,
    ],
    ...[
      'http://platen.example',
      'https://platen.example/api',
      'https://u:p@platen.example',
      'ftp://x',
      '',
      'platen',
    ].map(
      (server) =>
        [`the server ${server}`, JSON.stringify({ devices: [device], server }), /^server: must look like/] as const,
    ),
    [
      'power saving that nothing can wake',
      JSON.stringify({ devices: [device], powerSaving: { afterMinutes: 10 } }),
      /^powerSaving: requires "wake"/,
    ],
    [
      'two wake addresses',
      JSON.stringify({ devices: [device], wake, powerSaving: { afterMinutes: 10, wake } }),
      /^powerSaving\.wake: is also there/,
    ],
    [
      'a wake address that is a name',
      JSON.stringify({ devices: [device], wake: { ...wake, host: 'box.example' } }),
      /^wake\.host: /,
    ],
    ['a target of another scheme', JSON.stringify(withTarget('ftp://printer:21')), /target: must look like/],
    ['a target that is not a URL', JSON.stringify(withTarget('printer')), /target: must look like/],
  ])('names the field for %s', (_case, text, expected) => {
    const problems = problemsOf(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  it('names every bad field, one per line', () => {
    expect(
      problemsOf(JSON.stringify({ devices: [{ ...device, id: '', kind: 'x' }], panel: { port: -1 } })),
    ).toHaveLength(3);
  });

  it('refuses more devices than fit into one announcement', () => {
    const many = (count: number) =>
      JSON.stringify({
        devices: Array.from({ length: count }, (_, n) => ({ ...device, id: `d-${n}`, location: 'x'.repeat(200) })),
      });
    expect(problemsOf(many(200))).toEqual([
      expect.stringMatching(/^devices: too large for one announcement by \d+ bytes/),
    ]);
    expect(parseConfiguration(many(100), '/').devices).toHaveLength(100);
  });

  it('reads the key that must have signed firmware, and nothing else in its place', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'platen-configuration-'));
    const file = join(folder, 'agent.json');
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    const pem = (key: KeyObject) => key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' });
    try {
      await writeFile(file, JSON.stringify({ devices: [device], releaseKeyFile: 'release.pub' }));
      await expect(readConfiguration(file)).rejects.toThrow(
        /^releaseKeyFile: .*release\.pub: cannot be read \(ENOENT\)/,
      );
      const wrong: [content: string | Buffer, why: RegExp][] = [
        ['no key', /release\.pub: the file contains no public key/],
        [pem(privateKey), /release\.pub: the file contains a private key/],
        [pem(other), /release\.pub: the key is of type ec/],
      ];
      for (const [content, why] of wrong) {
        await writeFile(join(folder, 'release.pub'), content);
        await expect(readConfiguration(file)).rejects.toThrow(why);
      }
      await writeFile(join(folder, 'release.pub'), pem(publicKey));
      expect((await readConfiguration(file)).releaseKey).toBe(signingKeyOf(publicKey));
    } finally {
      await removeFolder(folder);
    }
  });

  it('reads the secrets of SNMP and further meters from files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'platen-configuration-'));
    const file = join(folder, 'agent.json');
    const write = (name: string, content: unknown, mode = 0o600) =>
      writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content), { mode });
    const snmp = { host: 'printer', communityFile: 'community' };
    const meters = {
      vendor: 'Acme',
      sources: ['the manual'],
      objectIds: ['1.3.6.1.4.1.9'],
      meters: [{ counter: 'copies', objects: ['1.3.6.1.4.1.9.1.0'] }],
    };
    try {
      await write('agent.json', { devices: [{ ...device, snmp }], meterFiles: ['acme.json'] }, 0o644);
      await expect(readConfiguration(file)).rejects.toThrow(/community: cannot be read \(ENOENT\)/);
      await write('community', 's3cret\n');
      await expect(readConfiguration(file)).rejects.toThrow(/^meterFiles: .*acme\.json: cannot be read \(ENOENT\)/);
      await write('acme.json', { ...meters, meters: [{ counter: 'Copies', objects: ['.1.3'] }] });
      await expect(readConfiguration(file)).rejects.toThrow(
        /acme\.json: meters\.0\.counter: .*\n.*acme\.json: meters\.0\.objects\.0: must be an object identifier/,
      );
      await write('acme.json', meters);
      const { devices, meterMaps } = await readConfiguration(file);
      expect(devices[0]?.snmp?.community).toBe('s3cret');
      expect(meterMaps).toEqual([meters]);
      await write('agent.json', { devices: [{ ...device, snmp: { host: 'printer', community: 'public' } }] });
      expect((await readConfiguration(file)).devices[0]?.snmp?.community).toBe('public');
    } finally {
      await removeFolder(folder);
    }
  });

  it('names a file that it cannot read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'platen-configuration-'));
    try {
      await writeFile(join(folder, 'agent.json'), JSON.stringify({ devices: [device], state: 'kept' }));
      expect((await readConfiguration(join(folder, 'agent.json'))).state).toBe(join(folder, 'kept'));
      await expect(readConfiguration(join(folder, 'none.json'))).rejects.toThrow(
        /none\.json: cannot be read \(ENOENT\)/,
      );
    } finally {
      await removeFolder(folder);
    }
  });
});
