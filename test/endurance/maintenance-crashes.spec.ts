import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeCredentials } from '../../src/agent/enrolment/credentials';
import { orderFields, type JobReport } from '../../src/protocol/ad-hoc-command';
import { acquireInformation, announce, reportInformation } from '../../src/protocol/control-channel';
import type { DeviceInformation } from '../../src/protocol/device-information';
import type { Operation } from '../../src/protocol/maintenance';
import { scramKeys } from '../../src/server/xmpp/login/scram';
import { removeFolder } from '../support/remove-folder';
import { ControlChannel, DOMAIN, EVERY_INSTALLATION } from '../support/xmpp/control-channel';
import { DEVICE_INFORMATION } from '../support/device/scripted-device';
import { until } from '../support/until';

const AGENT = join(__dirname, '../support/agent/maintained-agent.cjs');
const PASSWORD = 'p'.repeat(43);
const STOPPED: DeviceInformation = { ...DEVICE_INFORMATION, state: 'stopped' };

let server: ControlChannel;
let device: Server;
let says: DeviceInformation;
/** The commands that the device got, in order. */
let did: string[];
/** What the device takes and is not done with as long as this test goes. */
let slow: string | undefined;
let folder: string;
let agent: ChildProcess;
let announced: string[][];
let reported: string[];

beforeAll(async () => {
  server = await ControlChannel.start(
    {},
    { ...EVERY_INSTALLATION, scramKeys: (_agentId, algorithm) => scramKeys(PASSWORD, algorithm) },
  );
  server.transport.handle(announce, (_agentId, { devices }) => {
    announced.push(...devices.map(({ operations }) => operations));
    return Promise.resolve({ refused: [] });
  });
  server.transport.handle(reportInformation, (_agentId, { information }) => {
    reported.push(information.state);
    return Promise.resolve({});
  });
  device = createServer((request, response) => {
    const what = String(request.url).slice(1);
    if (what !== 'information') did.push(what);
    if (what !== slow) response.end(JSON.stringify(what === 'information' ? says : {}));
  });
  await once(device.listen(0, '127.0.0.1'), 'listening');
});
afterAll(async () => {
  device.closeAllConnections();
  device.close();
  await server.stop();
});

beforeEach(async () => {
  [says, did, slow, announced, reported] = [DEVICE_INFORMATION, [], undefined, [], []];
  folder = await mkdtemp(join(tmpdir(), 'platen-maintenance-'));
  const application = { id: 'web', title: 'Web pages', target: 'tcp://127.0.0.1:9' };
  const maintenance = { identify: 'allow', 'test-page': 'allow' };
  // nothing listens there: the agent of this test has another access to its device
  const ipp = 'ipp://127.0.0.1:9/ipp/print';
  const devices = [{ id: 'mfp-1', name: 'MFP', kind: 'mfp', applications: [application], ipp, maintenance }];
  await writeFile(join(folder, 'agent.json'), JSON.stringify({ panel: { port: 0 }, devices }));
  const { port, certificate } = server;
  const xmpp = { host: '127.0.0.1', port, domain: DOMAIN };
  const credentials = { agentId: 'agent-1', password: PASSWORD, xmpp, pin: certificate.pin };
  await storeCredentials(join(folder, 'credentials.json'), credentials);
  await start();
});
afterEach(async () => {
  await kill();
  await removeFolder(folder);
});

async function start(): Promise<void> {
  const { port } = device.address() as AddressInfo;
  agent = spawn(process.execPath, [AGENT, join(folder, 'agent.json'), join(folder, 'credentials.json')], {
    env: { ...process.env, PLATEN_TEST_DEVICE: `http://127.0.0.1:${port}` },
    stdio: 'ignore',
  });
  const before = announced.length;
  await until('the agent has announced its device', () => announced.length > before);
}
async function kill(): Promise<void> {
  if (agent.exitCode !== null || agent.signalCode !== null) return;
  agent.kill('SIGKILL');
  await once(agent, 'exit');
  await until('it is offline', () => !server.transport.isOnline('agent-1'));
}

const execute = (operation: Operation, jobId: string): Promise<JobReport> => {
  const fields = orderFields({ jobId, deviceId: 'mfp-1', operation, expiresInSeconds: 600 });
  return server.transport.command('agent-1', { jobId, operation, action: 'execute', fields });
};
const next = (operation: Operation, jobId: string): Promise<JobReport> =>
  server.transport.command('agent-1', { jobId, operation, action: 'next' });

describe('an agent that is killed', () => {
  it('before a job starts: continues with its held jobs, in order, once', async () => {
    says = STOPPED;
    const [page, light] = [randomUUID(), randomUUID()];
    expect(await execute('test-page', page)).toMatchObject({ status: 'executing', hold: 'stopped' });
    expect(await execute('identify', light)).toMatchObject({ status: 'executing', hold: 'queued' });
    await kill();
    await start();
    expect(did).toEqual([]);
    expect(await execute('identify', light)).toMatchObject({ status: 'executing', hold: 'queued' });
    says = DEVICE_INFORMATION;
    await until('both are done', async () => (await next('identify', light)).status === 'completed');
    expect(await next('test-page', page)).toMatchObject({ status: 'completed', failure: null });
    expect(did).toEqual(['test-page', 'identify']);
  });

  it('after a job starts: reports that, does not repeat it, and continues with the next', async () => {
    slow = 'test-page';
    const [page, light] = [randomUUID(), randomUUID()];
    await execute('test-page', page);
    await execute('identify', light);
    await until('the device has begun', () => did.length === 1);
    await kill();
    await start();
    expect(await execute('test-page', page)).toMatchObject({ status: 'completed', failure: 'interrupted' });
    await until('the next is done', async () => (await next('identify', light)).status === 'completed');
    expect(did).toEqual(['test-page', 'identify']);
  });

  it('and one that runs, tells what it can do and how its device is', async () => {
    expect(announced).toEqual([['information', 'identify', 'test-page']]);
    expect(await server.transport.request('agent-1', acquireInformation, { deviceId: 'mfp-1' })).toEqual(
      DEVICE_INFORMATION,
    );
    says = STOPPED;
    await execute('test-page', randomUUID()); // has the device looked at
    await until('the change is reported', () => reported.includes('stopped'));
  });
});
