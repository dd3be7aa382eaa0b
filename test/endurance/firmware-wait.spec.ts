import { randomUUID } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfiguration } from '../../src/agent/configuration/configuration';
import { IppDevice } from '../../src/agent/device/ipp-device';
import { credentialsFileFor, storeCredentials } from '../../src/agent/enrolment/credentials';
import { freePorts } from '../../src/demo/free-ports';
import { Program } from '../../src/demo/programs';
import { makeFirmware } from '../../src/mfp/firmware/firmware-file';
import { ADMINISTRATOR, FIRMWARE } from '../../src/mfp/machine/identity';
import { orderFields, type JobReport } from '../../src/protocol/ad-hoc-command';
import { announce, reportInformation } from '../../src/protocol/control-channel';
import { scramKeys } from '../../src/server/xmpp/login/scram';
import { FirmwareMaker } from '../support/firmware-maker';
import { removeFolder } from '../support/remove-folder';
import { CLI } from '../support/stage/test-stage';
import { until } from '../support/until';
import { ControlChannel, DOMAIN, EVERY_INSTALLATION } from '../support/xmpp/control-channel';

const PASSWORD = 'p'.repeat(43);
const NEW = '2.15.000';
/** It writes until the test has it restarted. */
const WRITE_MS = 900_000_000;
const operation = 'firmware-install';

let server: ControlChannel;
let folder: string;
let files: Server;
let downloads: number;
let mfp: Program;
let agent: Program;
/** Without the agent. */
let device: IppDevice;
const firmware = makeFirmware(NEW, { bytes: 300_000 });
const publisher = new FirmwareMaker();

beforeAll(async () => {
  server = await ControlChannel.start(
    {},
    { ...EVERY_INSTALLATION, scramKeys: (_agentId, algorithm) => scramKeys(PASSWORD, algorithm) },
  );
  server.transport.handle(announce, () => Promise.resolve({ refused: [] }));
  server.transport.handle(reportInformation, () => Promise.resolve({}));
  downloads = 0;
  files = createServer((_request, response) => {
    downloads += 1;
    response.end(firmware);
  });
  await once(files.listen(0, '127.0.0.1'), 'listening');

  folder = await mkdtemp(join(tmpdir(), 'platen-firmware-wait-'));
  const [port] = await freePorts(1);
  const times = ['--write-ms', String(WRITE_MS), '--restart-ms', '1000'];
  const command = ['mfp', '--port', String(port), '--login', 'digest', ...times, '--data', join(folder, 'mfp')];
  mfp = Program.start('mfp', [process.execPath, CLI, ...command]);
  await mfp.logged('mfp listening');

  const origin = `http://127.0.0.1:${port}`;
  const devices = [
    {
      ...{ id: 'mfp-1', name: 'MFP', kind: 'mfp' },
      ...{ ipp: `ipp://127.0.0.1:${port}/ipp/print`, firmware: `${origin}/firmware`, login: ADMINISTRATOR },
      maintenance: [operation],
      applications: [{ id: 'web', title: 'Web pages', target: origin }],
    },
  ];
  const ofFiles = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  const file = join(folder, 'agent.json');
  const configuration = JSON.stringify({ server: ofFiles, state: 'state', panel: { port: 0 }, devices });
  await writeFile(file, configuration, { mode: 0o600 });
  device = new IppDevice(parseConfiguration(configuration, folder).devices[0]!);
  const xmpp = { host: '127.0.0.1', port: server.port, domain: DOMAIN };
  const { pin } = server.certificate;
  const own = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  const trusted = { pin, releaseKey: publisher.key };
  await storeCredentials(credentialsFileFor(file), {
    ...{ agentId: 'agent-1', password: PASSWORD, xmpp, ...trusted, server: own },
  });
}, 60_000);
afterAll(async () => {
  await agent?.stop('SIGKILL');
  await mfp?.stop();
  files?.closeAllConnections();
  files?.close();
  await server?.stop();
  await removeFolder(folder);
});

async function start(): Promise<void> {
  agent = Program.start('agent', [process.execPath, CLI, 'agent', 'run', '--config', join(folder, 'agent.json')]);
  await agent.logged('agent online');
  await until('the server has its stream', () => server.transport.isOnline('agent-1'));
}

it('an agent that is killed in the wait for a version waits on after its restart, and installs nothing again', async () => {
  await start();
  const jobId = randomUUID();
  const { port } = files.address() as AddressInfo;
  const source = {
    ...publisher.manifest(firmware, { version: NEW }),
    url: `http://127.0.0.1:${port}/firmware`,
    token: 't'.repeat(43),
  };
  const fields = orderFields({ jobId, deviceId: 'mfp-1', operation, expiresInSeconds: 600, firmware: source });
  const execute = (): Promise<JobReport> =>
    server.transport.command('agent-1', { jobId, operation, action: 'execute', fields });
  const next = (): Promise<JobReport> => server.transport.command('agent-1', { jobId, operation, action: 'next' });
  expect(await execute()).toMatchObject({ status: 'executing' });
  const waiting = async () => {
    const seen = await until('the agent waits for the version', async () => {
      const report = await next();
      return (report.activity === 'installing' || report.status !== 'executing') && report;
    });
    expect(seen).toMatchObject({ activity: 'installing' });
  };
  await waiting();

  await agent.stop('SIGKILL');
  await until('the agent is offline', () => !server.transport.isOnline('agent-1'));
  await start();
  expect(await execute()).toMatchObject({ status: 'executing' }); // the server repeats the order after every login
  await waiting();
  await device.restart();
  let report = await next();
  await until('it is done', async () => (report = await next()).status === 'completed');
  expect(report).toMatchObject({ failure: null, result: [{ value: FIRMWARE }, { value: NEW }] });
  expect(downloads).toBe(1);
}, 300_000);
