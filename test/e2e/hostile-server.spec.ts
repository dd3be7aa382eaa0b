import { createPublicKey, generateKeyPairSync, randomUUID, verify } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer as createHttp, get, type IncomingMessage, type Server as HttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Element } from 'node-xmpp-server';
import { z } from 'zod';
import { DENIALS_KEPT } from '../../src/agent/conditions/denial-log';
import { credentialsFileFor, storeCredentials, storedKey } from '../../src/agent/enrolment/credentials';
import { LIMITS } from '../../src/protocol/limits';
import { SESSIONS_KEPT } from '../../src/agent/sessions/planner';
import { Program } from '../../src/demo/programs';
import { FIRMWARE, PRODUCTS } from '../../src/mfp/machine/identity';
import { startMfp, type RunningMfp } from '../../src/mfp/mfp';
import type { AccessCondition } from '../../src/protocol/access-conditions';
import { NS_COMMANDS, orderFields, type JobReport } from '../../src/protocol/ad-hoc-command';
import { approvalRecord, recordMessage, type SignedRecord } from '../../src/protocol/approval-record';
import { jobRecordMessage } from '../../src/protocol/job-approval';
import type { PanelView } from '../../src/protocol/approval-screen';
import {
  acquireInformation,
  announce,
  approval,
  connectionInfoToDevice,
  EXCHANGES,
  NS_JSON,
  NS_SESSION,
  reportConditions,
  reportDenials,
  reportInformation,
  requestApproval,
  terminate,
  withdrawApproval,
  type Exchange,
} from '../../src/protocol/control-channel';
import { operation as operations } from '../../src/protocol/maintenance';
import { scramKeys } from '../../src/server/xmpp/login/scram';
import { openTunnel } from '../../src/tunnel/http2-tunnel';
import { dialRelay } from '../../src/tunnel/relay-connection';
import { BoxDevice } from '../support/device/box-device';
import { FirmwareMaker } from '../support/firmware-maker';
import { recordedJournal } from '../support/recorded-journal';
import { startFakeRelay } from '../support/relay/fake-relay';
import { removeFolder } from '../support/remove-folder';
import { CLI } from '../support/stage/test-stage';
import { until } from '../support/until';
import { ControlChannel, DOMAIN, EVERY_INSTALLATION } from '../support/xmpp/control-channel';

/** The agent's program against a server that somebody has taken over: what the owner has not permitted stays closed. */

const PASSWORD = 'p'.repeat(43);
const TINA = { kind: 'user', id: 'tina', name: 'Tina Technician' } as const;
const MALLORY = { kind: 'user', id: 'mallory', name: 'Tina Technician' } as const;
const ARCHIVE = { kind: 'client', id: 'archive', name: 'Invoice archive' } as const;
/** Requests that a flood has under way. */
const AT_ONCE = 64;

type Answer = z.infer<typeof approval.request>;
type FakeRelay = Awaited<ReturnType<typeof startFakeRelay>>;

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
/** Its key was pinned when the agent was enrolled. */
const publisher = new FirmwareMaker();
let server: ControlChannel;
let folder: string;
let agent: Program;
let page: string;
/** Connections that reached each port of the customer's LAN. */
let reached: string[];
let lan: Record<'web' | 'screen' | 'neighbour' | 'raw', Server>;
let mfp: RunningMfp;
/** The server's own downloads, and what it delivers. */
let files: HttpServer;
let delivered: Buffer;
let downloads: number;
let box: BoxDevice;
let answers: Answer[];
let conditions: AccessCondition[];
let denials: number;
let relays: FakeRelay[];

beforeAll(async () => {
  server = await ControlChannel.start(
    { XMPP_IQS_IN_FLIGHT: 10_000 },
    { ...EVERY_INSTALLATION, scramKeys: (_agentId, algorithm) => scramKeys(PASSWORD, algorithm) },
  );
  const { transport } = server;
  transport.handle(announce, () => Promise.resolve({ refused: [] }));
  transport.handle(approval, (_agentId, body) => {
    answers.push(body);
    return Promise.resolve({});
  });
  transport.handle(reportConditions, (_agentId, body) => {
    if (body.deviceId === 'mfp-1') conditions = body.conditions;
    return Promise.resolve({});
  });
  transport.handle(reportInformation, () => Promise.resolve({}));
  transport.handle(reportDenials, (_agentId, body) => {
    denials += body.denials.length;
    return Promise.resolve({});
  });
  lan = {
    web: await listening('web'),
    screen: await listening('screen'),
    neighbour: await listening('neighbour'),
    raw: await listening('raw'),
  };
  mfp = await startMfp({}, recordedJournal().journal);
  downloads = 0;
  files = createHttp((_request, response) => {
    downloads += 1;
    response.end(delivered);
  });
  await once(files.listen(0, '127.0.0.1'), 'listening');
  box = await BoxDevice.start();
  folder = await mkdtemp(join(tmpdir(), 'platen-hostile-'));
  await configure();
  [answers, conditions, denials, reached] = [[], [], 0, []];
  await start();
});
afterAll(async () => {
  await agent?.stop();
  await server.stop();
  for (const each of Object.values(lan)) each.close();
  files.closeAllConnections();
  files.close();
  await mfp.stop();
  await box.close();
  await removeFolder(folder);
});
beforeEach(() => {
  [answers, reached, relays] = [[], [], []];
  [box.requests.length, box.connections] = [0, 0];
});
afterEach(async () => {
  for (const { remoteSessionId } of (await shown()).live) await press(`/sessions/${remoteSessionId}/end`, {});
  for (const relay of relays) await relay.close();
  expect(server.transport.isOnline('agent-1')).toBe(true);
});

async function listening(name: string): Promise<Server> {
  const listener = createServer((socket) => {
    reached.push(name);
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello');
  });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  return listener;
}
const portOf = (listener: Server): number => (listener.address() as AddressInfo).port;

async function configure(): Promise<void> {
  const applications = [
    { id: 'web', title: 'Web pages', target: `http://127.0.0.1:${portOf(lan.web)}` },
    { id: 'screen', title: 'Operation panel', target: `tcp://127.0.0.1:${portOf(lan.screen)}`, protocol: 'vnc' },
    { id: 'box', title: 'Document box', target: box.origin, protocol: 'box' },
  ];
  const device = { id: 'mfp-1', name: 'MFP', kind: 'mfp', applications };
  const second = { id: 'mfp-2', name: 'Printer', kind: 'printer', applications: applications.slice(0, 1) };
  const file = join(folder, 'agent.json');
  const third = {
    ...{ id: 'mfp-3', name: 'Copier', kind: 'mfp', applications: applications.slice(0, 1) },
    ...{ ipp: `ipp://127.0.0.1:${mfp.port}/ipp/print`, firmware: `tcp://127.0.0.1:${portOf(lan.raw)}` },
  };
  const own = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
  const devices = [device, second, third];
  await writeFile(file, JSON.stringify({ server: own, state: 'state', panel: { port: 0 }, devices }));
  const xmpp = { host: '127.0.0.1', port: server.port, domain: DOMAIN };
  const { pin } = server.certificate;
  const pinned = { pin, releaseKey: publisher.key };
  const credentials = { agentId: 'agent-1', password: PASSWORD, xmpp, ...pinned, privateKey: storedKey(privateKey) };
  await storeCredentials(credentialsFileFor(file), credentials);
}

async function start(): Promise<void> {
  const command = [CLI, 'agent', 'run', '--config', join(folder, 'agent.json')];
  agent = Program.start('agent', [process.execPath, ...command]);
  const { port } = await agent.logged('panel listening');
  page = `http://127.0.0.1:${String(port)}`;
  await agent.logged('agent online');
}
async function killAndStart(): Promise<void> {
  await agent.stop('SIGKILL');
  await until('the agent is offline', () => !server.transport.isOnline('agent-1'));
  await start();
}

// ---- the server

/** Sends what its schema does not permit, too. @returns the code of the refusal, or `accepted` */
function say(exchange: Pick<Exchange, 'name' | 'namespace'>, body: unknown): Promise<string> {
  const any: Exchange = { ...exchange, from: 'server', request: z.any(), response: z.any() };
  return server.transport.request('agent-1', any, body).then(
    () => 'accepted',
    ({ code, message }: { code?: string; message: string }) => code ?? message,
  );
}
const request = (remoteSessionId: string, change: object = {}) => ({
  ...{ remoteSessionId, deviceId: 'mfp-1', applicationId: 'web', asker: TINA },
  ...{ reason: 'Streaks', minutes: 5, answerWithinSeconds: 600, ...change },
});
const information = (remoteSessionId: string, change: object = {}) => ({
  ...{ remoteSessionId, deviceId: 'mfp-1', applicationId: 'web', url: `${relays[0]!.url}/cloud-hub` },
  ...{ sessionId: 's'.repeat(43), token: 't'.repeat(43), validUntil: '2099-01-01T00:00:00.000Z' },
  ...{ validForSeconds: 300, ...change },
});
async function newRelay(remoteSessionId: string): Promise<FakeRelay> {
  const relay = await startFakeRelay(remoteSessionId);
  relays.push(relay);
  return relay;
}
const answersTo = (id: string) => answers.filter(({ remoteSessionId }) => remoteSessionId === id);
const answered = (id: string) => until('the answer', () => answersTo(id)[0]);

/** The record says what the person has seen, and nothing that the server says afterwards. */
function recordIn({ record }: Answer) {
  const { text: signed, signature } = record as SignedRecord;
  const key = createPublicKey(publicKey.export({ type: 'spki', format: 'pem' }));
  expect(verify(null, Buffer.from(recordMessage(signed)), key, Buffer.from(signature, 'base64url'))).toBe(true);
  return approvalRecord.parse(JSON.parse(signed));
}

// ---- at the device

async function press(path: string, body: object): Promise<number> {
  const headers = { 'content-type': 'application/json', origin: page };
  return (await fetch(page + path, { method: 'POST', headers, body: JSON.stringify(body) })).status;
}
const yes = (id: string) => press(`/approvals/${id}`, { decision: 'approved' });
const no = (id: string) => press(`/approvals/${id}`, { decision: 'declined' });

async function shown(): Promise<PanelView> {
  const sent = get(`${page}/events`);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let all = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    all += chunk;
    const [, data] = /^data: (.*)\n\n/m.exec(all) ?? [];
    if (data !== undefined) {
      sent.destroy();
      return JSON.parse(data) as PanelView;
    }
  }
  throw new Error('the page shows nothing');
}
const asking = async () => (await shown()).asking.map(({ remoteSessionId }) => remoteSessionId);

/** Nothing on the customer's LAN has been dialled. */
function expectNothingReached(): void {
  expect(reached).toEqual([]);
  expect(box.connections).toBe(0);
  for (const relay of relays) expect(relay.establishes).toEqual([]);
}

// ----

describe('connection information is refused', () => {
  type Case = readonly [what: string, before: (id: string) => Promise<unknown>, change: object, code: string];
  const approve = async (id: string) => {
    await say(requestApproval, request(id));
    expect(await yes(id)).toBe(204);
    await answered(id);
  };
  const ask = (id: string) => say(requestApproval, request(id));
  const ended = (name: 'withdraw' | 'terminate') => async (id: string) => {
    await approve(id);
    const body = { remoteSessionId: id, ending: 'expired' };
    expect(await say(name === 'withdraw' ? withdrawApproval : terminate, body)).toBe('accepted');
  };
  const decline = async (id: string) => {
    await ask(id);
    expect(await no(id)).toBe(204);
    await answered(id);
  };
  it.each<Case>([
    ['without a request', () => Promise.resolve(), {}, 'wrong-state'],
    ['before the answer', ask, {}, 'wrong-state'],
    ['after NO', decline, {}, 'wrong-state'],
    ['after NO and another request', async (id) => (await decline(id), await ask(id)), {}, 'wrong-state'],
    ['for another application', approve, { applicationId: 'screen' }, 'wrong-state'],
    ['for a document box', approve, { applicationId: 'box' }, 'wrong-state'],
    ['for an application that the agent does not have', approve, { applicationId: 'ssh' }, 'wrong-state'],
    ['for another device', approve, { deviceId: 'mfp-2' }, 'wrong-state'],
    ['for a device that the agent does not have', approve, { deviceId: 'mfp-9' }, 'wrong-state'],
    ['of a session that was withdrawn', ended('withdraw'), {}, 'wrong-state'],
    ['of a session that was terminated', ended('terminate'), {}, 'wrong-state'],
    ['with an address that is no WebSocket', approve, { url: 'http://127.0.0.1/cloud-hub' }, 'invalid-request'],
    ['with a target in place of an application', approve, { applicationId: '127.0.0.1:22' }, 'invalid-request'],
  ])('%s', async (_what, before, change, code) => {
    const id = randomUUID();
    await newRelay(id);
    await before(id);
    expect(await say(connectionInfoToDevice, information(id, change))).toBe(code);
    expectNothingReached();
    await say(terminate, { remoteSessionId: id, ending: 'expired' });
  });

  it('of another session than the one that was approved', async () => {
    const [mine, other] = [randomUUID(), randomUUID()];
    await newRelay(mine);
    await approve(mine);
    await say(requestApproval, request(other));
    expect(await say(connectionInfoToDevice, information(other))).toBe('wrong-state');
    expectNothingReached();
    expect(await asking()).toEqual([other]);
    for (const remoteSessionId of [mine, other]) await say(terminate, { remoteSessionId, ending: 'expired' });
  });

  it('in clear text beyond this computer, with the token', async () => {
    const id = randomUUID();
    await newRelay(id);
    await approve(id);
    expect(await say(connectionInfoToDevice, information(id, { url: 'ws://192.0.2.1/cloud-hub' }))).toBe('accepted');
    await agent.until(
      () => agent.log.find((line) => line.msg === 'remote session ended' && line.remoteSessionId === id),
      'ends it',
    );
    expectNothingReached();
  });
});

it('a request for what the agent does not have is refused, and not shown', async () => {
  const cases = [
    [{ deviceId: 'mfp-9' }, 'unknown-device'],
    [{ applicationId: 'ssh' }, 'unknown-application'],
    [{ deviceId: 'mfp-2', applicationId: 'screen' }, 'unknown-application'],
  ] as const;
  for (const [change, code] of cases) expect(await say(requestApproval, request(randomUUID(), change))).toBe(code);
  expect(await asking()).toEqual([]);
});

describe('an answer', () => {
  const forged = {
    'another asker': { asker: MALLORY },
    'another reason': { reason: 'Something harmless' },
    'more minutes': { minutes: 480 },
    'another application': { applicationId: 'screen' },
    'another device': { deviceId: 'mfp-2' },
  };
  const cases = Object.entries(forged);
  const original = { asker: TINA, reason: 'Streaks', minutes: 5, applicationId: 'web', deviceId: 'mfp-1' };

  it.each(cases)('of a request that is repeated with %s is for the first one', async (_what, change) => {
    const id = randomUUID();
    await say(requestApproval, request(id));
    expect(await say(requestApproval, request(id, change))).toBe('accepted');
    const view = (await shown()).asking.filter(({ remoteSessionId }) => remoteSessionId === id);
    expect(view).toMatchObject([{ userName: TINA.name, reason: 'Streaks', minutes: 5, deviceId: 'mfp-1' }]);
    await yes(id);
    expect(recordIn(await answered(id))).toMatchObject({ decision: 'approved', ...original });
    await say(requestApproval, request(id, change));
    expect(answersTo(id)).toHaveLength(1);
    await say(terminate, { remoteSessionId: id, ending: 'expired' });
  });

  it('NO stays NO however the request is repeated, also by a restarted agent', async () => {
    const changes = [{}, ...Object.values(forged)];
    const ids = changes.map(() => randomUUID());
    for (const id of ids) {
      await say(requestApproval, request(id));
      await no(id);
    }
    const first = await Promise.all(ids.map(answered));
    for (const each of first) expect(recordIn(each)).toMatchObject({ decision: 'declined', grant: null, ...original });
    for (const [n, id] of ids.entries()) await say(requestApproval, request(id, changes[n]));
    expect(await asking()).toEqual([]);
    await killAndStart();
    for (const [n, id] of ids.entries()) expect(await say(requestApproval, request(id, changes[n]))).toBe('accepted');
    await until('the same NO to each', () => ids.every((id) => answersTo(id).length === 2));
    expect(ids.map((id) => answersTo(id)[1])).toEqual(first);
    expect(await asking()).toEqual([]);
    await newRelay(ids[0]!);
    for (const id of ids) expect(await say(connectionInfoToDevice, information(id))).toBe('wrong-state');
    expectNothingReached();
  });

  it('YES counts once: a restarted agent neither repeats it nor connects', async () => {
    const id = randomUUID();
    await newRelay(id);
    await say(requestApproval, request(id));
    await yes(id);
    await answered(id);
    await killAndStart();
    expect(await say(connectionInfoToDevice, information(id))).toBe('wrong-state');
    for (const change of [{}, ...Object.values(forged)])
      expect(await say(requestApproval, request(id, change))).toBe('wrong-state');
    expect(answersTo(id)).toHaveLength(1);
    expect(await asking()).toEqual([]);
    expectNothingReached();
  });
});

describe('a session', () => {
  async function connected(change: object = {}): Promise<{ id: string; relay: FakeRelay }> {
    const id = randomUUID();
    const relay = await newRelay(id);
    await say(requestApproval, request(id, change));
    await yes(id);
    await answered(id);
    expect(await say(connectionInfoToDevice, information(id, change))).toBe('accepted');
    await until('the agent has connected', () => relay.establishes.length === 1);
    return { id, relay };
  }
  async function terminal({ id, relay }: { id: string; relay: FakeRelay }) {
    const connection = await dialRelay({ ...information(id), url: `${relay.url}/web-agent` }, 'terminal');
    await connection.joined;
    return connection.bytes;
  }

  it.each([
    ['another application', 'screen', undefined],
    ['a document box', 'box', undefined],
    ['an application that the agent does not have', 'ssh', undefined],
    ['an address', '127.0.0.1:22', undefined],
    ['the application in the name of another session', 'web', randomUUID()],
  ])('reaches the approved application, not %s', async (_what, applicationId, remoteSessionId) => {
    const session = await connected();
    const bytes = await terminal(session);
    const { id } = session;
    const other = await openTunnel(bytes, { remoteSessionId: remoteSessionId ?? id, applicationId });
    await expect(other.connect()).rejects.toMatchObject({ status: expect.any(Number) });
    expect(reached).toEqual([]);
    expect(box.connections).toBe(0);
    other.close();
  });

  it('reaches the application after YES', async () => {
    const session = await connected();
    const tunnel = await openTunnel(await terminal(session), { remoteSessionId: session.id, applicationId: 'web' });
    const stream = await tunnel.connect();
    stream.end('GET / HTTP/1.1\r\nHost: mfp\r\n\r\n');
    expect(await text(stream)).toContain('hello');
    expect(reached).toEqual(['web']);
    tunnel.close();
  });

  it('does not begin a second time after it has ended, and only one connection belongs to it', async () => {
    const { id, relay } = await connected();
    expect(await say(connectionInfoToDevice, information(id, { token: 'u'.repeat(43) }))).toBe('accepted');
    expect(await say(terminate, { remoteSessionId: id, ending: 'ended-by-terminal' })).toBe('accepted');
    await until('its end', async () => (await shown()).live.length === 0);
    expect(await say(connectionInfoToDevice, information(id))).toBe('wrong-state');
    expect(await say(requestApproval, request(id))).toBe('accepted');
    expect(await asking()).toEqual([]);
    expect(await say(connectionInfoToDevice, information(id))).toBe('wrong-state');
    expect(relay.establishes).toHaveLength(1);
    expect(answersTo(id)).toHaveLength(1);
  });
});

describe('access conditions', () => {
  const access = { kind: 'box', box: 'invoices', operations: ['get'] } as const;
  const permission = { who: ARCHIVE, access };
  const stored = () => readFile(join(folder, 'state', 'access-conditions.json'), 'utf8');

  it('are not set, widened or revoked by any message', async () => {
    expect(await press('/conditions', { deviceId: 'mfp-1', condition: permission })).toBe(204);
    await until('the report', () => conditions.length === 1);
    const before = await stored();
    const [condition] = conditions;
    const wider = { ...condition, who: TINA, access: { ...access, box: null, operations: ['get', 'put', 'delete'] } };
    const bodies = [
      { deviceId: 'mfp-1', condition: { who: TINA, access } },
      { deviceId: 'mfp-1', conditions: [wider] },
      { deviceId: 'mfp-1', conditions: [] },
      { id: condition!.id },
    ];
    const invented = ['set-condition', 'set-conditions', 'revoke-condition', 'conditions', 'decide', 'approve'];
    const ofAgents = Object.values(EXCHANGES).filter(({ from }) => from === 'agent');
    const namespaces = [...new Set(Object.values(EXCHANGES).map(({ namespace }) => namespace))];
    const names = namespaces.flatMap((namespace) => invented.map((name) => ({ name, namespace })));
    for (const exchange of [...ofAgents, ...names])
      for (const body of bodies) expect(await say(exchange, body)).toBe('service-unavailable');
    expect(await stored()).toBe(before);
    expect((await shown()).conditions).toEqual([condition]);
  });

  it.each<[string, object]>([
    ['by a person whom no condition names', { asker: TINA }],
    ['by a person with the ID of the client', { asker: { ...ARCHIVE, kind: 'user' } }],
    ['by a client with the name of the permitted one', { asker: { ...ARCHIVE, id: 'archive-2' } }],
    ['without an asker', { asker: { ...ARCHIVE, id: '' } }],
    ['with the decision in the request', { asker: TINA, decision: { decision: 'approved', grant: 'operate' } }],
  ])('a document box is not opened %s', async (_what, change) => {
    const id = randomUUID();
    await newRelay(id);
    const outcome = await say(requestApproval, request(id, { applicationId: 'box', ...change }));
    if (outcome === 'accepted')
      expect(await answered(id)).toMatchObject({ decision: 'declined', denied: 'no-condition' });
    else expect(outcome).toBe('invalid-request');
    expect(await asking()).toEqual([]);
    expect(await yes(id)).not.toBe(204);
    expect(await say(connectionInfoToDevice, information(id, { applicationId: 'box' }))).toBe('wrong-state');
    expectNothingReached();
  });

  it('do not answer for an application that they do not name', async () => {
    const id = randomUUID();
    await say(requestApproval, request(id, { asker: ARCHIVE }));
    expect(await asking()).toEqual([id]);
    expect(answersTo(id)).toEqual([]);
    await say(withdrawApproval, { remoteSessionId: id, ending: 'expired' });
  });

  it('permit a session with the box what they name, whatever the server sends through it', async () => {
    const id = randomUUID();
    const relay = await newRelay(id);
    await say(requestApproval, request(id, { applicationId: 'box', asker: ARCHIVE }));
    expect(recordIn(await answered(id))).toMatchObject({ decision: 'approved', answeredBy: { where: 'condition' } });
    await say(connectionInfoToDevice, information(id, { applicationId: 'box' }));
    const connection = await dialRelay({ ...information(id), url: `${relay.url}/web-agent` }, 'terminal');
    await connection.joined;
    const tunnel = await openTunnel(connection.bytes, { remoteSessionId: id, applicationId: 'box' });
    const requests = [
      'PUT /invoices/may.pdf',
      'DELETE /invoices/may.pdf',
      'GET /scans/secret.pdf',
      'GET /invoices/../scans/secret.pdf',
      'GET /invoices/%2e%2e/scans',
      'GET //scans/secret.pdf',
      'GET /invoices',
      'GET /',
      'POST /invoices',
      `GET http://127.0.0.1:${portOf(lan.neighbour)}/`,
      'OPTIONS *',
    ];
    for (const line of requests) {
      const stream = await tunnel.connect();
      stream.write(`${line} HTTP/1.1\r\nHost: box\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      expect([line, await text(stream)]).toEqual([line, expect.stringMatching(/^HTTP\/1.1 4\d\d /)]);
    }
    tunnel.close();
    expect(reached).toEqual([]);
    expect(box.requests).toEqual([]);
  });
});

describe('what is no message of a server', () => {
  /** The last one: this agent does not look for devices, so that it takes none in. */
  const REFUSALS = /^(invalid-request|operation-unsupported|service-unavailable)$/;
  const ofServers = Object.entries(EXCHANGES).filter(([, { from }]) => from === 'server');
  const bodies: readonly unknown[] = [
    ...[null, 1, 'approved', true, [], {}, [{}], { remoteSessionId: 'x' }, { remoteSessionId: { toString: 'x' } }],
    request(randomUUID(), { minutes: -1 }),
    request(randomUUID(), { minutes: 1e300 }),
    request(randomUUID(), { answerWithinSeconds: 0.5 }),
    request(randomUUID(), { reason: 'r'.repeat(60_000) }),
    request(randomUUID(), { asker: { ...TINA, name: 'n'.repeat(60_000) } }),
    request(randomUUID(), { asker: [TINA] }),
    request('../../../etc/passwd'),
    JSON.parse('{"__proto__":{"remoteSessionId":"x"},"constructor":{"prototype":{}}}'),
    Array.from({ length: 10_000 }, () => 0),
  ];
  it.each(ofServers)('%s: another body is refused', async (_name, exchange) => {
    // a message that takes a device ID only takes that of any other message
    const others = bodies.filter((body) => !exchange.request.safeParse(body).success);
    expect(others.length).toBeGreaterThan(8);
    for (const body of others) {
      const code = await say(exchange, body);
      expect([body, code]).toEqual([body, expect.stringMatching(REFUSALS)]);
    }
    expect(await asking()).toEqual([]);
    expectNothingReached();
  });

  it('a decision that is hidden in another message has no effect', async () => {
    const id = randomUUID();
    await newRelay(id);
    const hidden = {
      kind: 'decide',
      answer: { decision: 'approved', grant: 'operate', answeredBy: { where: 'display' } },
    };
    expect(await say(requestApproval, request(id, { ...hidden, kind: 'request-approval' }))).toBe('accepted');
    const other = randomUUID();
    for (const exchange of [withdrawApproval, terminate])
      await say(exchange, { remoteSessionId: other, ending: 'expired', ...hidden, remoteSessionID: id });
    expect(await asking()).toEqual([id]);
    expect(answersTo(id)).toEqual([]);
    expect(await say(terminate, { remoteSessionId: id, ending: 'expired', ...hidden })).toBe('accepted');
    expect(await say(connectionInfoToDevice, information(id))).toBe('wrong-state');
    expectNothingReached();
  });

  const container = (content: string, change: { namespace?: string; container?: string } = {}): Element => {
    const payload = new Element('request-approval', { xmlns: change.namespace ?? NS_SESSION });
    payload.c('json', { xmlns: change.container ?? NS_JSON }).t(content);
    return payload;
  };
  const json = () => JSON.stringify(request(randomUUID()));
  type Case = readonly [what: string, payload: () => Element, code: string, attributes?: Record<string, string>];
  const cases: readonly Case[] = [
    ['text that is no JSON', () => container('approved'), 'invalid-request'],
    ['JSON that was cut off', () => container(json().slice(0, -5)), 'invalid-request'],
    ['JSON of 30,000 arrays in each other', () => container('['.repeat(30_000)), 'invalid-request'],
    ['an empty container', () => container(''), 'invalid-request'],
    ['no container', () => new Element('request-approval', { xmlns: NS_SESSION }), 'invalid-request'],
    ['another container', () => container(json(), { container: 'urn:xmpp:json:1' }), 'invalid-request'],
    ['another namespace', () => container(json(), { namespace: 'urn:platen:session:9' }), 'service-unavailable'],
    ['a request to read', () => container(json()), 'service-unavailable', { type: 'get' }],
    ['an unknown command', () => new Element('command', { xmlns: NS_COMMANDS, node: 'rm' }), 'item-not-found'],
    ['a request of another sender', () => container(json()), 'forbidden', { from: 'mallory@evil.example/x' }],
  ];
  it.each(cases.map(([what, ...rest]) => [what, rest] as const))('%s is refused', async (_what, rest) => {
    const [payload, code, attributes] = rest;
    expect(await server.sendIq('agent-1', payload(), attributes)).toBe(code);
    expect(await asking()).toEqual([]);
  });

  it('what is no request at all is ignored', async () => {
    const stanza = (name: string, attributes: Record<string, string> = {}) => {
      const sent = new Element(name, attributes);
      sent.cnode(container(json()));
      return sent;
    };
    for (const each of [stanza('iq', { type: 'result', id: randomUUID() }), stanza('message'), stanza('presence')])
      server.send('agent-1', each);
    expect(await server.sendIq('agent-1', container('{}'))).toBe('invalid-request');
    expect(await asking()).toEqual([]);
  });
});

it('jobs that the owner has not permitted, and devices that the agent does not have, are refused', async () => {
  for (const deviceId of ['mfp-1', 'mfp-2', 'mfp-9']) {
    expect(await say(acquireInformation, { deviceId })).toBe('operation-unsupported');
    for (const operation of operations.options) {
      const jobId = randomUUID();
      const fields = orderFields({ jobId, deviceId, operation, expiresInSeconds: 60 });
      const job = server.transport.command('agent-1', { jobId, operation, action: 'execute', fields });
      const outcome = await job.then(
        ({ status, failure }) => failure ?? status,
        ({ code }: { code: string }) => code,
      );
      expect([deviceId, operation, outcome]).not.toEqual([deviceId, operation, expect.stringMatching(/executing/)]);
    }
  }
  expectNothingReached();
  expect((await shown()).maintenance).toEqual([]);
});

describe('firmware', () => {
  const operation = 'firmware-install';
  const file = Buffer.from('what its publisher signed');
  const MODEL = PRODUCTS.mfp;
  const good = publisher.manifest(file, { model: MODEL });
  const { signature: _signature, ...unsigned } = good;
  const order = (manifest: object, jobId: string = randomUUID()): Promise<JobReport> => {
    const source = { url: 'http://192.0.2.1/firmware', token: 't'.repeat(43), ...(manifest as typeof good) };
    const fields = orderFields({ jobId, deviceId: 'mfp-3', operation, expiresInSeconds: 600, firmware: source });
    return server.transport.command('agent-1', { jobId, operation, action: 'execute', fields });
  };
  const next = (jobId: string) => server.transport.command('agent-1', { jobId, operation, action: 'next' });
  const answer = (jobId: string, decision: string) => press(`/jobs/${jobId}`, { decision });

  it.each<[what: string, manifest: object, failure: string]>([
    ['without a signature', unsigned, 'firmware-unsigned'],
    ['with a key of its own', new FirmwareMaker().manifest(file, { model: MODEL }), 'firmware-unsigned'],
    ['of other bytes', { ...good, sha256: 'a'.repeat(64) }, 'firmware-unsigned'],
    ['of a version that sounds newer', { ...good, version: '9.0' }, 'firmware-unsigned'],
    ['for every model', { ...good, model: '' }, 'firmware-unsigned'],
    ['of another model', publisher.manifest(file, { model: 'MFP 9000xl' }), 'firmware-unfit'],
    ['that is old', publisher.manifest(file, { model: MODEL, version: '2.13.001' }), 'firmware-older'],
    ['that the device has', publisher.manifest(file, { model: MODEL, version: FIRMWARE }), 'firmware-older'],
  ])('%s is refused, and no person is asked', async (_what, manifest, failure) => {
    const before = downloads;
    expect(await order(manifest)).toMatchObject({ status: 'completed', failure });
    expect((await shown()).maintenance).toEqual([]);
    expectNothingReached();
    expect(downloads).toBe(before);
  });

  it('that was signed is not downloaded before YES, and NO is final', async () => {
    const jobId = randomUUID();
    const before = downloads;
    expect(await order(good, jobId)).toMatchObject({ status: 'executing', hold: 'approval' });
    expect(await order({ ...good, version: '9.0' }, jobId)).toMatchObject({ status: 'executing', hold: 'approval' });
    expect(await answer(jobId, 'declined')).toBe(204);
    const report = await next(jobId);
    expect(report).toMatchObject({ failure: 'declined' });
    const { text: signed, signature } = report.record as SignedRecord;
    expect(verify(null, Buffer.from(jobRecordMessage(signed)), publicKey, Buffer.from(signature, 'base64url'))).toBe(
      true,
    );
    expect(JSON.parse(signed)).toMatchObject({ jobId, decision: 'declined', firmware: { version: good.version } });
    expect(await order(good, jobId)).toMatchObject({ failure: 'declined' });
    expectNothingReached();
    expect(downloads).toBe(before);
  });

  it.each<[what: string, bytes: Buffer]>([
    ['other bytes of the same length', Buffer.from('what its publisher SIGNED')],
    ['more bytes', Buffer.concat([file, Buffer.from('!')])],
  ])('that a person has approved does not reach the device if the server delivers %s', async (_what, bytes) => {
    delivered = bytes;
    const jobId = randomUUID();
    expect(await order(good, jobId)).toMatchObject({ status: 'executing', hold: 'approval' });
    expect(await answer(jobId, 'approved')).toBe(204);
    let report = await next(jobId);
    await until('the job is over', async () => (report = await next(jobId)).status === 'completed');
    expect(report).toMatchObject({ failure: 'file-damaged' });
    expectNothingReached();
  });

  it('that a person has approved reaches the device as it was signed', async () => {
    delivered = file;
    const jobId = randomUUID();
    await order(good, jobId);
    expect(await answer(jobId, 'approved')).toBe(204);
    await until('the raw port', () => reached.includes('raw'));
    expect(reached).toEqual(['raw']);
  });
});

describe('a flood', () => {
  async function flood(count: number, change: object, refusal: string): Promise<string[]> {
    const ids = Array.from({ length: count }, () => randomUUID());
    const outcomes: string[] = [];
    for (let from = 0; from < count; from += AT_ONCE) {
      const some = ids.slice(from, from + AT_ONCE);
      outcomes.push(...(await Promise.all(some.map((id) => say(requestApproval, request(id, change))))));
    }
    const accepted = ids.filter((_, n) => outcomes[n] === 'accepted');
    const refused = outcomes.filter((each) => each !== 'accepted');
    expect(refused).toEqual(refused.map(() => refusal));
    return accepted;
  }

  it('of requests for approval is bounded, and leaves the agent usable', async () => {
    const accepted = await flood(SESSIONS_KEPT + 500, {}, 'requests-waiting');
    expect(accepted.length).toBe(LIMITS.REQUESTS_PER_DEVICE);
    const view = await shown();
    expect(view.asking.length).toBe(accepted.length);
    const [first, second] = accepted as [string, string];
    expect(await no(first)).toBe(204);
    expect(await answered(first)).toMatchObject({ decision: 'declined' });
    expect(await yes(second)).toBe(204);
    expect(recordIn(await answered(second))).toMatchObject({ decision: 'approved' });
    expectNothingReached();
    for (const remoteSessionId of accepted) await say(withdrawApproval, { remoteSessionId, ending: 'expired' });
    expect(await asking()).toEqual([]);
  });

  it('of requests for a document box leaves bounded files, and a condition that still holds', async () => {
    const before = denials;
    const unpermitted = { applicationId: 'box', asker: TINA, answerWithinSeconds: 1 };
    await flood(2 * DENIALS_KEPT, unpermitted, 'too-many-requests');
    await until('the denials are reported', () => denials > before);
    expect((await shown()).denials.length).toBeLessThanOrEqual(DENIALS_KEPT);
    const state = join(folder, 'state');
    const bytes = await Promise.all(
      (await readdir(state)).map(async (each) => (await readFile(join(state, each))).length),
    );
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(4 * 1024 * 1024);
    expectNothingReached();
    const id = randomUUID();
    const asked = () => say(requestApproval, request(id, { applicationId: 'box', asker: ARCHIVE }));
    await until('room for another session', async () => (await asked()) === 'accepted', undefined, 100);
    expect(recordIn(await answered(id))).toMatchObject({ decision: 'approved', answeredBy: { where: 'condition' } });
    await say(terminate, { remoteSessionId: id, ending: 'expired' });
  });
});
