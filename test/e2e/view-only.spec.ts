import { openApplication } from '../../src/agent/cloud-hub/application-connection';
import { parseConfiguration } from '../../src/agent/configuration/configuration';
import { device } from '../../src/protocol/api';
import type { Grant } from '../../src/protocol/remote-session';
import { RfbClient } from '../support/device/rfb-client';
import { event } from '../../src/demo/scenario';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';
import { startVncServer, type VncServer } from '../support/device/vnc-server';

const [A, B] = [0x61, 0x62];
const PASSWORD = 'panel123';

describe.each([
  ['without a password', undefined],
  ['with a password', PASSWORD],
])('a real VNC server (TigerVNC) %s', (_, password) => {
  let vnc: VncServer;
  const clients: RfbClient[] = [];
  const refusals: string[] = [];

  beforeAll(async () => {
    vnc = await startVncServer({ password });
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await vnc?.stop();
  });

  async function open(grant: Grant): Promise<RfbClient> {
    const application = { id: 'panel', title: 'Panel', target: `tcp://127.0.0.1:${vnc.port}`, protocol: 'vnc' };
    const text = JSON.stringify({ devices: [{ id: 'mfp', name: 'MFP', kind: 'mfp', applications: [application] }] });
    const { devices } = parseConfiguration(text, '/');
    const stream = await openApplication(devices[0]!.applications[0]!, grant, (reason) => refusals.push(reason));
    const client = await RfbClient.open(stream, password);
    clients.push(client);
    return client;
  }

  it('gets no key and no button from a viewer, and everything from an operator', async () => {
    const [operating, viewing] = [await open('operate'), await open('view')];
    viewing.press(A);
    viewing.click(5, 5);
    expect(await viewing.look()).toHaveLength(4); // the server has read everything that was forwarded
    operating.click(7, 7);
    operating.press(B);
    const presses = () =>
      vnc.input.filter(({ type }) => type.endsWith('Press')).map(({ key, button }) => key ?? button);
    await until('the last key', () => presses().includes('b'));
    expect(presses()).toEqual([1, 'b']);
    expect(vnc.input.some(({ x, y }) => x === 5 && y === 5)).toBe(false);
    expect(refusals).toEqual([]);
  });
});

describe('a whole session', () => {
  let on: TestStage;
  beforeAll(async () => {
    on = await TestStage.set();
  });
  afterEach(() => on?.clear());
  afterAll(() => on?.strike());

  it('announces which application can be viewed', async () => {
    const { applications } = device.parse(await on.get('/api/devices/demo-mfp'));
    expect(applications).toEqual([
      { id: 'web', title: 'Web pages', protocol: 'http', viewable: false },
      { id: 'panel', title: 'Operation panel', protocol: 'http', viewable: true },
      { id: 'box', title: 'Document boxes', protocol: 'box', viewable: false },
    ]);
  });

  it.each(['operate', 'view'] as const)('keeps its grant: %s', async (grant) => {
    const { connect, id } = await on.request('demo-mfp', 'panel');
    expect((await on.session(id)).grant).toBeNull();
    await on.press(`/approvals/${id}`, { decision: 'approved', grant });
    const { url } = await event(connect, 'listening');
    expect((await fetch(String(url))).status).toBe(200);
    connect.child.kill('SIGINT');
    await connect.exited;
    expect(await on.ended(id)).toMatchObject({ grant, ending: 'ended-by-terminal' });
  });

  it('cannot be granted as view-only where the agent cannot ensure that', async () => {
    const { connect, id } = await on.request('demo-mfp', 'web');
    await expect(on.press(`/approvals/${id}`, { decision: 'approved', grant: 'view' })).rejects.toThrow('409');
    expect((await on.session(id)).state).toBe('requested');
    connect.child.kill('SIGINT');
    await connect.exited;
  });
});
