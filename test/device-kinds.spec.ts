import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfiguration } from '../src/agent/configuration/configuration';
import { IppDevice } from '../src/agent/device/ipp-device';
import { refusalOf } from '../src/agent/maintenance/executability';
import { ownerRules } from '../src/agent/maintenance/owner-rules';
import { startMfp, type RunningMfp } from '../src/mfp/mfp';
import { device } from '../src/protocol/api';
import { announce } from '../src/protocol/control-channel';
import { deviceKind, type DeviceKind } from '../src/protocol/device-kinds';
import { operation } from '../src/protocol/maintenance';
import { recordedJournal } from './support/recorded-journal';
import { removeFolder } from './support/remove-folder';
import { announcedPrinter, ControlPlane } from './support/server/control-plane';

interface Row {
  readonly kind: DeviceKind;
  readonly prints: boolean;
  readonly supplies: number;
  readonly counters: string[];
  /** Pages of its web server that answer 404. */
  readonly without: string[];
  /** Tiles of its panel that open a function. */
  readonly tiles: string[];
  readonly boxes: boolean;
}
const PAGES = ['impressions', 'media-sheets', 'pages'];
const KINDS: Row[] = [
  {
    kind: 'mfp',
    prints: true,
    supplies: 6,
    counters: [...PAGES, 'copies', 'scans', 'faxes'],
    without: [],
    tiles: ['copy', 'scan', 'fax', 'addresses', 'boxes'],
    boxes: true,
  },
  { kind: 'printer', prints: true, supplies: 6, counters: PAGES, without: ['address-book'], tiles: [], boxes: true },
  {
    kind: 'copier',
    prints: false,
    supplies: 6,
    counters: [...PAGES, 'copies'],
    without: ['address-book', 'document-box', 'print'],
    tiles: ['copy'],
    boxes: false,
  },
  {
    kind: 'fax',
    prints: false,
    supplies: 6,
    counters: [...PAGES, 'faxes'],
    without: ['print'],
    tiles: ['fax', 'addresses'],
    boxes: true,
  },
  {
    kind: 'scanner',
    prints: false,
    supplies: 0,
    counters: ['scans'],
    without: ['supplies', 'print'],
    tiles: ['scan', 'addresses', 'boxes'],
    boxes: true,
  },
];

it('every kind of device is tested', () => {
  expect(KINDS.map(({ kind }) => kind)).toEqual(deviceKind.options);
});

describe.each(KINDS)('a $kind', ({ kind, prints, supplies, counters, without, tiles, boxes }) => {
  let mfp: RunningMfp;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kind-'));
    mfp = await startMfp({ kind, restartMs: 20, pageMs: 1 }, recordedJournal().journal);
  });
  afterAll(async () => {
    await mfp?.stop();
    await removeFolder(folder);
  });

  const configured = (more: object = {}) => {
    const web = { id: 'web', title: 'Web pages', target: mfp.url.replace(/\/$/, '') };
    const ipp = `ipp://127.0.0.1:${mfp.port}/ipp/print`;
    const one = { id: kind, name: kind, kind, ipp, applications: [web], ...more };
    return parseConfiguration(JSON.stringify({ devices: [one] }), folder).devices[0]!;
  };

  it('is reached by its agent, which offers what it has and refuses the rest by name', async () => {
    const access = new IppDevice(configured());
    expect(access.operations.includes('test-page')).toBe(prints);
    expect(access.operations).toEqual(expect.arrayContaining(['information', 'counters', 'identify', 'restart']));
    expect(refusalOf('test-page', { access, rules: ownerRules() })).toBe(prints ? null : 'unsupported');
    const information = await access.information();
    expect(information).toMatchObject({ reached: true, state: 'idle' });
    expect(information.supplies).toHaveLength(supplies);
    expect(Object.keys(information.counters).sort()).toEqual([...counters].sort());
    await access.identify();
    const page = access.printTestPage('Platen test page');
    await (prints ? expect(page).resolves.toBeUndefined() : expect(page).rejects.toThrow());
  });

  it('is not configured for what it does not have', () => {
    const operations = { maintenance: ['test-page'] };
    if (prints) expect(configured(operations).operations).toEqual(['test-page']);
    else expect(() => configured(operations)).toThrow(`a ${kind} has no test-page`);
    const box = { id: 'box', title: 'Boxes', target: 'http://127.0.0.1:1', protocol: 'box' };
    if (boxes) expect(configured({ applications: [box] }).applications).toHaveLength(1);
    else expect(() => configured({ applications: [box] })).toThrow(`a ${kind} has no document boxes`);
  });

  it('has the web pages and the panel of its kind', async () => {
    const menu = await (await fetch(`${mfp.url}status`)).text();
    for (const path of ['supplies', 'document-box', 'address-book']) {
      expect(menu.includes(`href="/${path}"`)).toBe(!without.includes(path));
      expect((await fetch(`${mfp.url}${path}`, { redirect: 'manual' })).status === 404).toBe(without.includes(path));
    }
    expect(menu.includes('action="/print"')).toBe(prints);
    expect((await fetch(`${mfp.url}print`, { method: 'POST' })).status === 404).toBe(!prints);
    for (const screen of ['copy', 'scan', 'fax', 'addresses', 'boxes']) {
      mfp.panel.panel.input(1, { type: 'touch', target: 'open:home' });
      mfp.panel.panel.input(1, { type: 'touch', target: `open:${screen}` });
      expect(mfp.panel.panel.state.screen).toBe(tiles.includes(screen) ? screen : 'home');
    }
  });
});

describe('the server', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await ControlPlane.start();
    const agent = await plane.streamOf(await plane.enrol('kinds'));
    const { applications } = announcedPrinter('x');
    const box = { id: 'box', title: 'Boxes', protocol: 'box', viewable: false } as const;
    // an agent of an earlier version, or a hostile one, announces everything for every device
    const devices = KINDS.map(({ kind }) => {
      const everything = { operations: [...operation.options], applications: [...applications, box] };
      return { ...announcedPrinter(`a-${kind}`), kind, ...everything };
    });
    await agent.ask(announce, { agentVersion: '1', devices });
  });
  afterAll(() => plane?.stop());

  it.each(KINDS)('shows a $kind, opens a session with it, and refuses what it does not have', async (row) => {
    const { kind, prints, boxes } = row;
    const shown = device.parse((await plane.call('tom', 'GET', `/devices/a-${kind}`)).body);
    expect(shown.kind).toBe(kind);
    expect(shown.operations).toEqual(operation.options.filter((each) => prints || each !== 'test-page'));
    expect(shown.applications.some(({ protocol }) => protocol === 'box')).toBe(boxes);
    const ask = (applicationId: string) =>
      plane.call('tom', 'POST', '/sessions', { deviceId: `a-${kind}`, applicationId, reason: 'test' });
    const session = await ask('web');
    expect(session.status).toBe(201);
    await plane.call('tom', 'POST', `/sessions/${String(session.body.id)}/termination`);
    if (!boxes) expect((await ask('box')).body.code).toBe('unknown-application');
    const job = (wanted: string) => plane.call('tom', 'POST', `/devices/a-${kind}/jobs`, { operation: wanted });
    expect((await job('counters')).status).toBe(201);
    const page = await job('test-page');
    if (prints) expect(page.status).toBe(201);
    else
      expect(page.body).toMatchObject({
        code: 'operation-unsupported',
        detail: `Device a-${kind} is a ${kind}, and has no test-page.`,
      });
  });
});
