import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { LIMITS } from '../../protocol/limits';
import { parseConfiguration } from '../configuration/configuration';
import type { Application } from '../configuration/application';
import type { Configuration } from '../configuration/configuration';
import { PermittedOrigins } from './permitted-origins';
import { leadsAstray } from './wanted-origin';

const BY = { where: 'local-page' } as const;
const SECURE = 'https://192.168.1.20';

let folder: string;
let configuration: Configuration;
let web: Application;
let now: number;
let origins: PermittedOrigins;
let changes: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platen-origins-'));
  now = Date.parse('2026-03-04T05:06:07Z');
  configured('http://192.168.1.20');
  origins = await opened();
});
afterEach(async () => {
  await origins.close();
  await removeFolder(folder);
});

function configured(target: string): void {
  const display = { url: 'http://127.0.0.1:8085', secretFile: 'secret' };
  const box = { id: 'box', title: 'Boxes', target: 'http://192.168.1.20:8090', protocol: 'box' };
  const applications = [{ id: 'web', title: 'Web pages', target, origins: ['http://192.168.1.20:81'] }, box];
  const device = { id: 'mfp-1', name: 'Hall', kind: 'mfp', location: 'Floor 2', display, applications };
  const other = { ...device, id: 'mfp-2', display: undefined };
  const panel = { port: 8631, lan: { port: 8634 } };
  const text = JSON.stringify({ panel, wake: { host: '192.168.1.9', port: 8633 }, devices: [device, other] });
  configuration = parseConfiguration(text, folder);
  web = configuration.devices[0]!.applications[0]!;
}
async function opened(): Promise<PermittedOrigins> {
  const made = new PermittedOrigins({ ...configuration, journal: recordedJournal().journal, timeOfDay: () => now });
  changes = 0;
  made.onChange(() => changes++);
  await made.load();
  return made;
}
const propose = (origin: string, deviceId = 'mfp-1'): string =>
  origins.propose({ deviceId, application: web, userName: 'Tina', origin });
const permit = async (origin: string): Promise<string> => {
  propose(origin);
  await origins.decide(origins.asking.at(-1)!.id, 'permitted', BY);
  return origins.permitted.at(-1)!.id;
};
const open = (origin: string) => origins.open('mfp-1', web, origin, false);

describe('an origin that a technician asks for', () => {
  it('waits for the owner, and is permitted only then, also after a restart', async () => {
    expect(propose(SECURE)).toBe('the owner of the device has been asked');
    const names = { deviceName: 'Hall', location: 'Floor 2', applicationTitle: 'Web pages' };
    expect(origins.asking).toMatchObject([{ origin: SECURE, userName: 'Tina', deviceId: 'mfp-1', ...names }]);
    expect(origins.originsOf('mfp-1', web)).toEqual([]);
    await expect(open(SECURE)).rejects.toMatchObject({ status: 403 });

    await origins.decide(origins.asking[0]!.id, 'permitted', BY);
    for (const each of [origins, await opened()]) {
      expect(each.originsOf('mfp-1', web)).toEqual([SECURE]);
      expect(each.originsOf('mfp-2', web)).toEqual([]);
      expect(each.permitted).toMatchObject([{ origin: SECURE, permittedBy: 'local page', ...names }]);
    }
    expect(origins.asking).toEqual([]);
  });

  it('is asked for once, and not again after NO for a day', async () => {
    propose(SECURE);
    expect(propose(SECURE)).toMatch(/has not answered yet/);
    await origins.decide(origins.asking[0]!.id, 'declined', BY);
    expect(propose(SECURE)).toMatch(/has declined/);
    expect(origins.asking).toEqual([]);
    now += LIMITS.ORIGIN_DECLINED_MS;
    expect(propose(SECURE)).toBe('the owner of the device has been asked');
  });

  it('is dropped after a day without an answer', async () => {
    propose(SECURE);
    const { id } = origins.asking[0]!;
    now += LIMITS.ORIGIN_PROPOSAL_MS;
    expect(origins.asking).toEqual([]);
    await expect(origins.decide(id, 'permitted', BY)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is one of a few at a time, and of some in an hour, for each device', async () => {
    const asked = (n: number, deviceId?: string) => propose(`https://192.168.2.${n}`, deviceId);
    for (let n = 1; n <= LIMITS.ORIGIN_PROPOSALS; n++) expect(asked(n)).toMatch(/has been asked$/);
    expect(asked(99)).toMatch(/too many addresses/);
    expect(asked(1, 'mfp-2')).toMatch(/has been asked$/);
    for (let n = 1; n < 2 * LIMITS.ORIGIN_PROPOSALS_PER_HOUR; n++) {
      for (const { id } of origins.asking) await origins.decide(id, 'declined', BY);
      asked(100 + n);
    }
    expect(asked(98)).toMatch(/too many addresses/);
    expect(origins.asking).toEqual([]);
  });

  it.each([
    ['http://127.0.0.1:8631', "the agent's own computer"],
    ['http://localhost:9000', "the agent's own computer"],
    ['http://[::1]:9000', "the agent's own computer"],
    ['http://[::ffff:127.0.0.1]:9000', "the agent's own computer"],
    ['http://0.0.0.0:9000', 'no address of a device'],
    ['http://192.168.1.20:8090', 'document box'],
    ['tcp://192.168.1.20:22', 'must look like'],
    ['http://192.168.1.20/path', 'must look like'],
    ['nonsense', 'must look like'],
    [`https://${'a'.repeat(300)}`, 'must look like'],
  ])('is not shown to the owner if it can be none of a device: %s', (origin, why) => {
    expect(propose(origin)).toMatch(/the owner is not asked for this address: /);
    expect(propose(origin)).toContain(why);
    expect([origins.asking, changes]).toEqual([[], 0]);
  });

  it('cannot be more than an application may have', async () => {
    for (let n = 1; n < LIMITS.APPLICATION_ORIGINS; n++) await permit(`https://192.168.2.${n}`);
    await expect(permit(SECURE)).rejects.toMatchObject({ code: 'conflict' });
    expect(origins.originsOf('mfp-1', web)).toHaveLength(LIMITS.APPLICATION_ORIGINS - 1);
  });
});

describe('a permitted origin', () => {
  let device: Server;
  let sockets: Socket[];
  let own: string;
  beforeEach(async () => {
    sockets = [];
    device = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
    });
    await once(device.listen(0, '0.0.0.0'), 'listening');
    own = `http://127.0.0.1:${(device.address() as AddressInfo).port}`;
    configured('http://127.0.0.1:1'); // as the demo has its devices
    origins = await opened();
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => device.close(resolve));
  });

  it('is reached until it is revoked, which cuts its connections', async () => {
    const id = await permit(own);
    const connection = await open(own);
    const closed = once(connection, 'close');
    await origins.revoke(id);
    await closed;
    await expect(open(own)).rejects.toMatchObject({ status: 403 });
    expect((await opened()).permitted).toEqual([]);
    await expect(origins.revoke(id)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('is no page of the agent, and no display, in a demo either', () => {
    for (const [port, why] of [
      [8631, /page of the agent/],
      [8634, /page of the agent/],
      [8633, /page of the agent/],
      [8085, /the display/],
    ] as const)
      expect(propose(`http://127.0.0.1:${port}`)).toMatch(why);
  });

  it("is not reached where its name leads to the agent's own computer", async () => {
    const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    const outer = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
    if (!outer) return; // a computer without a network
    const { port } = device.address() as AddressInfo;
    const origin = `http://${outer.address}:${port}`;
    await permit(origin);
    await expect(open(origin)).rejects.toMatchObject({ status: 403, detail: /does not lead to a page/ });
  });

  it('is judged by where the connection leads', () => {
    const at = (remoteAddress: string, localAddress: string, remotePort = 443): boolean =>
      leadsAstray({ remoteAddress, localAddress, remotePort }, false, configuration);
    expect([at('192.168.1.20', '192.168.1.9'), at('192.168.1.9', '192.168.1.9')]).toEqual([false, true]);
    expect([at('127.0.0.1', '127.0.0.1'), at('::ffff:127.0.0.1', '::1')]).toEqual([true, true]);
    expect(at('192.168.1.20', '192.168.1.9', 8090)).toBe(true); // its document box
    // an agent inside the device: other ports of its own address, but not its pages
    const inside = (remotePort: number): boolean =>
      leadsAstray({ remoteAddress: '192.168.1.9', localAddress: '192.168.1.9', remotePort }, true, configuration);
    expect([443, 8631, 8634].map(inside)).toEqual([false, true, true]);
  });

  it('is stored without a trace of the ones before it if the file is damaged', async () => {
    await permit(own);
    await origins.close();
    await writeFile(join(folder, 'permitted-origins.json'), '{"version":1,"origins":[{}]}');
    const later = await opened();
    expect(later.permitted).toEqual([]);
    origins = later;
    await permit(own);
    const text = await readFile(join(folder, 'permitted-origins.json'), 'utf8');
    expect((JSON.parse(text) as { origins: object[] }).origins).toMatchObject([{ origin: own }]);
  });
});
