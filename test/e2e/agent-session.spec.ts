import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from '../../src/agent/agent';
import { parseConfiguration } from '../../src/agent/configuration/configuration';
import { freePorts } from '../../src/demo/free-ports';
import type { PanelView } from '../../src/protocol/approval-screen';
import {
  announce,
  approval,
  connectionInfoToDevice,
  requestApproval,
  terminate,
} from '../../src/protocol/control-channel';
import { toInstant } from '../../src/protocol/names';
import { ComponentTransport } from '../../src/server/xmpp/component/component-transport';
import { EmbeddedTransport } from '../../src/server/xmpp/embedded-transport';
import type { ScramAlgorithm } from '../../src/server/xmpp/login/agent-accounts';
import { scramKeys } from '../../src/server/xmpp/login/scram';
import type { StreamTransport } from '../../src/server/xmpp/stream-transport';
import { removeFolder } from '../support/remove-folder';
import { makeCertificate, type TestCertificate } from '../support/test-certificate';
import { recordedJournal, type RecordedJournal } from '../support/recorded-journal';
import { startFakeRelay } from '../support/relay/fake-relay';
import { until } from '../support/until';
import { EVERY_INSTALLATION } from '../support/xmpp/control-channel';
import type { XmppEngine } from '../support/xmpp/engines/engine';
import { ENGINES, SERVERS } from '../support/xmpp/servers';

const PASSWORD = 'p'.repeat(43);
const DOMAIN = 'platen.local';

let certificate: TestCertificate;
let server: StreamTransport;
/** Undefined: the embedded server. */
let engine: XmppEngine | undefined;
let port: number;
let approvals: string[];
let announced: string[][];
let folder: string;
let recorded: RecordedJournal;
let agent: Agent;
let panel: string;
let relay: Awaited<ReturnType<typeof startFakeRelay>>;
let id: string;

/** The same for each login. */
const keys = { sha1: scramKeys(PASSWORD, 'sha1'), sha256: scramKeys(PASSWORD, 'sha256') };

/** The embedded server is on a port that no other program gets while it is stopped. */
async function startServer(onPort: number): Promise<void> {
  const options = {
    domain: DOMAIN,
    fakeSaltSecret: randomBytes(32),
    accounts: { ...EVERY_INSTALLATION, scramKeys: (_agentId: string, algorithm: ScramAlgorithm) => keys[algorithm] },
    journal: recordedJournal().journal,
  };
  const { key, cert } = certificate;
  server = engine
    ? new ComponentTransport({ ...options, engine: engine.component, firstRetryMs: 20 })
    : new EmbeddedTransport({ ...options, host: '127.0.0.1', port: onPort, key, certificate: cert });
  server.handle(announce, (_agentId, { devices }) => {
    announced.push(devices.map((device) => `${device.id}:${device.applications.map((each) => each.id).join()}`));
    return Promise.resolve({ refused: ['mfp-2'] });
  });
  server.handle(approval, (_agentId, { decision }) => {
    approvals.push(decision);
    return Promise.resolve({});
  });
  const started = await server.start();
  port = engine?.port ?? (started as { port: number }).port;
}

function newAgent(): Agent {
  const application = { id: 'web', title: 'Web pages', target: 'tcp://127.0.0.1:9' };
  const device = { name: 'MFP', kind: 'mfp', applications: [application] };
  const text = JSON.stringify({
    panel: { port: 0 },
    devices: [
      { id: 'mfp-1', ...device },
      { id: 'mfp-2', ...device },
    ],
  });
  const credentials = {
    agentId: 'agent-1',
    password: PASSWORD,
    xmpp: { host: '127.0.0.1', port, domain: DOMAIN },
    pin: certificate.pin,
  };
  const retry = { firstRetryMs: 20, maxRetryMs: 50 };
  return new Agent(parseConfiguration(text, folder), credentials, recorded.journal, retry);
}

const onlineCount = () => recorded.messages().filter((message) => message === 'agent online').length;

async function startAll(): Promise<void> {
  [approvals, announced, id] = [[], [], randomUUID()];
  recorded = recordedJournal();
  folder = await mkdtemp(join(tmpdir(), 'platen-agent-'));
  relay = await startFakeRelay(id);
  await startServer((await freePorts(1))[0]!);
  agent = newAgent();
  const listening = await agent.start();
  panel = `http://127.0.0.1:${listening.port}`;
  await until('the agent is online', () => onlineCount() === 1);
}

async function stopAll(): Promise<void> {
  await agent.stop();
  await server.stop();
  await relay.close();
  await removeFolder(folder);
}

const ask = () =>
  server.request('agent-1', requestApproval, {
    remoteSessionId: id,
    deviceId: 'mfp-1',
    applicationId: 'web',
    asker: { kind: 'user', id: 'tina', name: 'Tina <script>' },
    reason: 'Streifen',
    minutes: 5,
    answerWithinSeconds: 60,
  });
const connect = () =>
  server.request('agent-1', connectionInfoToDevice, {
    remoteSessionId: id,
    deviceId: 'mfp-1',
    applicationId: 'web',
    url: `${relay.url}/cloud-hub`,
    sessionId: 's'.repeat(43),
    token: 't'.repeat(43),
    validUntil: toInstant(Date.now() + 60_000),
    validForSeconds: 60,
  });

async function press(path: string, body: unknown): Promise<void> {
  const response = await fetch(panel + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: panel },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(204);
}

/** What a page that has just been opened shows. */
async function shown(): Promise<PanelView> {
  const sent = get(`${panel}/events`);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const [chunk] = (await once(response, 'data')) as [Buffer];
  sent.destroy();
  return JSON.parse(chunk.toString().split('data: ')[1] ?? '') as PanelView;
}

describe.each(SERVERS)('an agent with its control plane (%s), its panel and a relay', (name) => {
  beforeAll(async () => {
    engine = name === 'embedded' ? undefined : await ENGINES[name](DOMAIN);
    certificate = engine?.prepared.certificate ?? (await makeCertificate());
  });
  afterAll(() => engine?.stop());
  beforeEach(startAll);
  afterEach(stopAll);

  it('announces its devices and names those that are refused', () => {
    expect(announced).toEqual([['mfp-1:web', 'mfp-2:web']]);
    expect(recorded.lines).toContainEqual(expect.objectContaining({ level: 'error', deviceId: 'mfp-2' }));
    expect(recorded.lines).toContainEqual(expect.objectContaining({ msg: 'agent online', agentId: 'agent-1' }));
  });

  it('takes a session from the question to its end, and remembers it', async () => {
    await ask();
    expect((await shown()).asking).toEqual([
      expect.objectContaining({ userName: 'Tina <script>', reason: 'Streifen', minutes: 5, deviceName: 'MFP' }),
    ]);
    await press(`/approvals/${id}`, { decision: 'approved' });
    await until('the YES is there', () => approvals.length === 1);
    await connect();
    await until('connected', async () => (await shown()).live[0]?.phase === 'connected');
    expect(await server.request('agent-1', terminate, { remoteSessionId: id, ending: 'ended-by-terminal' })).toEqual({
      connected: true,
    });
    await until('over', async () => (await shown()).live.length === 0);
    expect((await shown()).ended).toEqual([expect.objectContaining({ ending: 'ended-by-terminal' })]);
    expect(recorded.steps()).toEqual(['S143', 'S144', 'S171', 'S172', 'S291', 'S292']);
    expect(recorded.text()).not.toMatch(/s{43}|t{43}|p{43}/);

    await agent.stop();
    agent = newAgent();
    const listening = await agent.start();
    panel = `http://127.0.0.1:${listening.port}`;
    expect((await shown()).ended).toHaveLength(1);
  });

  it('delivers a YES that was pressed while the control plane was away', async () => {
    await ask();
    await server.stop();
    await until('offline', async () => !(await shown()).online);
    await press(`/approvals/${id}`, { decision: 'approved' });
    await startServer(port);
    await until('the YES and the announcement', () => approvals.length > 0 && announced.length > 1);
    expect(approvals).toEqual(['approved']);
    expect(announced).toHaveLength(2);
  });

  it('keeps a session alive while the control plane is away, and ends it from the panel', async () => {
    await ask();
    await press(`/approvals/${id}`, { decision: 'approved' });
    await until('the YES is there', () => approvals.length === 1);
    await connect();
    await until('connected', async () => (await shown()).live[0]?.phase === 'connected');
    await server.stop();
    await until('offline', async () => !(await shown()).online);
    expect((await shown()).live[0]?.phase).toBe('connected');
    await press(`/sessions/${id}/end`, {});
    await until('over', async () => (await shown()).live.length === 0);
    expect((await shown()).ended[0]?.ending).toBe('ended-by-device');
  });

  it('ends its sessions in order before it stops', async () => {
    await ask();
    await press(`/approvals/${id}`, { decision: 'approved' });
    await connect();
    await until('connected', async () => (await shown()).live[0]?.phase === 'connected');
    await agent.stop();
    expect(recorded.steps().slice(-2)).toEqual(['S291', 'S292']);
    await until('offline at the server', () => !server.isOnline('agent-1'));
    await expect(fetch(panel)).rejects.toThrow();
  });
});
