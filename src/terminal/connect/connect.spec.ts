import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { connect as connectTcp, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../../../test/support/remove-folder';
import { sampleDevice, sampleEndedSession, sampleSession } from '../../../test/support/samples/api-samples';
import { plainHttp } from '../../../test/support/plain-http';
import { recordedTerminal, type RecordedTerminal } from '../../../test/support/terminal/recorded-terminal';
import { problemAnswer, startFakeApi, type FakeApiAnswer, type FakeApi } from '../../../test/support/terminal/fake-api';
import { setLimit } from '../../../test/support/relay/test-relay';
import {
  startFakeRelayedDevice,
  type FakeRelayedDevice,
  type FakeRelayedDeviceOptions,
} from '../../../test/support/relay/fake-relayed-device';
import { until } from '../../../test/support/until';
import { DENIALS, type Denial } from '../../protocol/access-conditions';
import type { Session, SessionConnection } from '../../protocol/api';
import { RETRY_AFTER_SECONDS } from '../../protocol/waits';
import { StreamRefused } from '../../tunnel/http2-tunnel.errors';
import { connect } from './connect';
import { storeCredentials } from '../credentials';
import { runCommand } from '../run-command';
import { TERMINAL_LIMITS } from '../terminal-limits';

const ID = sampleSession.id;
const SECRET = 's'.repeat(43);

interface Event {
  event: string;
  [field: string]: unknown;
}

describe('platen connect', () => {
  let folder: string;
  let api: FakeApi;
  let relay: FakeRelayedDevice;
  let application: Server;
  let terminal: RecordedTerminal;
  let answersToPolls: SessionConnection[];
  let exit: Promise<number>;

  const events = (): Event[] =>
    terminal
      .out()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Event);
  const event = async (name: string): Promise<Event> => {
    await until(name, () => events().some((each) => each.event === name));
    return events().find((each) => each.event === name)!;
  };
  const ready = (): SessionConnection => ({
    status: 'ready',
    connection: {
      remoteSessionId: ID,
      applicationId: 'web',
      url: relay.url,
      sessionId: SECRET,
      token: SECRET,
      validUntil: new Date(Date.now() + 60_000).toISOString(),
      validForSeconds: 60,
    },
  });

  /** Starts the command; later polls get the last of `answers`. */
  async function start(
    answers: () => SessionConnection[],
    relayOptions: Partial<FakeRelayedDeviceOptions> = {},
    { port = 0, proxy = false, again = false } = {},
  ) {
    relay = await startFakeRelayedDevice({ remoteSessionId: ID, open: () => openApplication(), ...relayOptions });
    answersToPolls = answers();
    const options = { device: 'copy-room', application: 'web', reason: 'paper jam', port, proxy, again, json: true };
    exit = runCommand(terminal.io, (io) => connect(io, options), { json: true });
  }
  async function openApplication(): Promise<Socket> {
    const socket = connectTcp({
      port: (application.address() as AddressInfo).port,
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    await once(socket, 'connect');
    return socket;
  }

  /** Tests do not depend on the length of pauses, so pauses are short. */
  const shortenPauses = (): void => {
    for (const name of ['POLL_INTERVAL_MS', 'RETRY_FIRST_MS'] as const) setLimit(name, 5);
    setLimit('RELAY_INTERRUPTED_MS', 3_600_000);
    jest.replaceProperty(TERMINAL_LIMITS, 'HALT_POLL_MS', 5 as never);
    jest.replaceProperty(RETRY_AFTER_SECONDS, 'most', 0.005);
  };

  beforeEach(async () => {
    shortenPauses();
    folder = await mkdtemp(join(tmpdir(), 'connect-'));
    terminal = recordedTerminal({ PLATEN_CREDENTIALS: join(folder, 'credentials.json') });
    // answers when the request is complete, which requires a half-closed connection
    application = createServer({ allowHalfOpen: true }, (socket) => {
      let text = '';
      socket.on('error', () => undefined);
      socket.on('data', (data: Buffer) => {
        text += data.toString();
        if (text.endsWith('\r\n\r\n')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
      });
      socket.on('end', () => socket.end(`got ${text.length}`));
    }).listen(0, '127.0.0.1');
    await once(application, 'listening');
    api = await startFakeApi({
      'POST /api/sessions': () => ({ status: 201, body: sampleSession }),
      [`GET /api/sessions/${ID}/connection`]: () => ({
        body: answersToPolls.length > 1 ? answersToPolls.shift() : answersToPolls[0],
      }),
      [`GET /api/sessions/${ID}`]: () => ({ body: { ...sampleEndedSession, steps: [], approvalRecord: null } }),
      [`POST /api/sessions/${ID}/termination`]: () => ({
        body: { ...sampleSession, state: 'ended', ending: 'cancelled' },
      }),
    });
    await storeCredentials(terminal.io.env, { server: api.url, token: 'the-token' });
    relay = undefined as unknown as FakeRelayedDevice;
  });
  afterEach(async () => {
    terminal.interrupt();
    terminal.interrupt();
    await exit;
    await relay?.stop();
    await api.stop();
    application.close();
    await removeFolder(folder);
    jest.restoreAllMocks();
  });

  it('requests access, waits for approval, connects, carries bytes, and ends the session on Ctrl-C', async () => {
    await start(() => [{ status: 'waiting', state: 'requested' }, { status: 'waiting', state: 'approved' }, ready()]);
    const { url } = await event('listening');
    expect(api.requests[0]).toMatchObject({
      line: 'POST /api/sessions',
      body: { deviceId: 'copy-room', applicationId: 'web', reason: 'paper jam' },
    });
    expect((await plainHttp(String(url))).text).toBe('hello');
    expect((await plainHttp(String(url))).text).toBe('hello');

    terminal.interrupt();
    expect(await exit).toBe(0);
    expect(events().map((each) => each.event)).toEqual(['requested', 'approved', 'connected', 'listening', 'ended']);
    expect(await event('ended')).toMatchObject({
      ending: 'ended-by-terminal',
      exitCode: 0,
      durationSeconds: 65,
      device: { state: 'ended' },
    });
    const establish = {
      type: 'establish',
      sessionId: SECRET,
      token: SECRET,
      reportInterruptions: true,
      resumable: true,
    };
    expect(relay.received).toEqual([establish, { type: 'terminate' }]);
    expect(terminal.journal.steps()).toEqual([
      'S141',
      'S201',
      'S202',
      'S203',
      'S204',
      'S231',
      'S232',
      'S261',
      'S262',
      'S273',
    ]);
    await expect(plainHttp(String(url))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('shows its progress, but no secrets', async () => {
    answersToPolls = [];
    relay = await startFakeRelayedDevice({ remoteSessionId: ID, open: () => openApplication() });
    answersToPolls = [{ status: 'waiting', state: 'requested' }, ready()];
    const options = {
      device: 'copy-room',
      application: 'web',
      reason: 'paper jam',
      port: 0,
      proxy: false,
      again: false,
      json: false,
    };
    exit = runCommand(terminal.io, (io) => connect(io, options));
    await until('the address', () => /^http:\/\/127\.0\.0\.1:\d+\/\n$/.test(terminal.out()));
    terminal.interrupt();
    expect(await exit).toBe(0);
    for (const words of [
      'access to Copy room requested',
      'Waiting for approval at the device',
      'Connected to the device',
      'Session ended.',
    ])
      expect(terminal.err()).toContain(words);
    expect(terminal.out()).toContain('Duration 1:05, 1.2 MB from the device');
    expect(terminal.out() + terminal.err() + terminal.journal.text()).not.toMatch(/s{43}|the-token/);
  });

  it('carries a half-closed connection', async () => {
    await start(() => [ready()]);
    const { port } = await event('listening');
    const socket = connectTcp({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    socket.on('data', (data: Buffer) => (text += data.toString()));
    socket.end('x'.repeat(100_000));
    await once(socket, 'end');
    expect(text).toBe('got 100000');
  });

  it.each<[string, SessionConnection, number]>([
    ['NO at the device', { status: 'over', ending: 'declined', detail: '' }, 5],
    ['no answer', { status: 'over', ending: 'expired', detail: '' }, 6],
    ['an agent that disconnected', { status: 'over', ending: 'device-offline', detail: '' }, 7],
    ['a denial', { status: 'over', ending: 'denied', denial: 'hours', detail: DENIALS.hours }, 30],
    ['a failure', { status: 'over', ending: 'failed', detail: 'no relay' }, 13],
  ])('ends after %s', async (_what, over, code) => {
    await start(() => [{ status: 'waiting', state: 'requested' }, over]);
    expect(await exit).toBe(code);
    expect(relay.received).toEqual([]);
    expect(events().at(-1)).toMatchObject({ event: 'error', exitCode: code });
  });

  it.each<[Denial, RegExp]>([
    [
      'no-condition',
      /permits this client or user nothing.*\nAsk the owner of the device to set an access condition for you/,
    ],
    ['hours', /does not apply at this hour.*\nTry again at the permitted hours. Show them: platen conditions/],
    ['bytes', /bytes is used up.*\nAsk the owner of the device to set a new/],
  ])('says why the access conditions deny a session: %s', async (denial, text) => {
    await start(() => [{ status: 'over', ending: 'denied', denial, detail: DENIALS[denial] }]);
    expect(await exit).toBe(30);
    expect(terminal.err()).toMatch(text);
  });

  it('says so when the access condition is revoked while the session runs', async () => {
    await start(() => [ready()]);
    await event('listening');
    const ended = { ...sampleEndedSession, ending: 'denied', denial: 'no-condition', detail: DENIALS['no-condition'] };
    api.routes[`GET /api/sessions/${ID}`] = () => ({ body: { ...ended, steps: [], approvalRecord: null } });
    relay.end({ reason: 'control-plane', ending: 'denied' });
    expect(await exit).toBe(30);
    expect(await event('ended')).toMatchObject({ ending: 'denied', denial: 'no-condition', exitCode: 30 });
    expect(terminal.err()).toContain('Ask the owner of the device to set an access condition for you');
  });

  it('says once where a device redirects the browser past the local port, and whether the owner permits it', async () => {
    const [own, secure] = ['http://192.168.1.20', 'https://192.168.1.20'];
    const targets = ['/login', `${secure}/`, `${secure}/start`, 'https://printer.example/', 'https://127.0.0.1/x'];
    application.removeAllListeners('connection').on('connection', (socket: Socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () =>
        socket.end(`HTTP/1.1 301 Moved\r\nLocation: ${targets.shift()}\r\nContent-Length: 0\r\n\r\n`),
      );
    });
    await start(() => [ready()], { originsOf: () => ({ own, others: [secure] }) });
    const { url } = await event('listening');
    const seen = [...targets];
    for (const target of seen) expect((await plainHttp(String(url))).headers.location).toBe(target);
    await until('the last one', () => events().filter(({ event: name }) => name === 'redirect').length === 2);
    expect(events().filter(({ event: name }) => name === 'redirect')).toEqual([
      { event: 'redirect', origin: secure, permitted: true },
      { event: 'redirect', origin: 'https://printer.example', permitted: false },
    ]);
    expect(terminal.err()).toMatch(/redirects the browser to https:\/\/192\.168\.1\.20,.*connect with --proxy/);
    expect(terminal.err()).toContain('add "https://printer.example" to the "origins"');
  });

  it('opens a proxy to the origins that the owner permits, and says how to use it', async () => {
    const own = 'http://192.168.1.20';
    await start(() => [ready()], { originsOf: () => ({ own, others: ['https://192.168.1.20'] }) }, { proxy: true });
    const { proxy, origins } = await event('listening');
    expect(origins).toEqual([own, 'https://192.168.1.20']);
    expect(terminal.err()).toContain(`curl -x ${String(proxy)} ${own}/`);
    expect(terminal.err()).toMatch(
      /chromium .*--proxy-server=http:\/\/127\.0\.0\.1:\d+ --proxy-bypass-list='<-loopback>'/,
    );
    const headers = { Host: '192.168.1.20' };
    const answer = await plainHttp(String(proxy), { path: `${own}/`, headers });
    expect([answer.status, answer.text]).toEqual([200, 'hello']);
  });

  it('requests no session for a proxy to an application without pages', async () => {
    const applications = [{ id: 'web', title: 'Screen', protocol: 'vnc' as const, viewable: true }];
    api.routes['GET /api/devices/copy-room'] = () => ({ body: { ...sampleDevice, applications } });
    await start(() => [], {}, { proxy: true });
    expect(await exit).toBe(2);
    expect(api.requests.map(({ line }) => line)).toEqual(['GET /api/devices/copy-room']);
  });

  it('shows how to use a document box', async () => {
    const applications = [{ id: 'web', title: 'Document boxes', protocol: 'box' as const, viewable: false }];
    api.routes['GET /api/devices/copy-room'] = () => ({ body: { ...sampleDevice, applications } });
    await start(() => [ready()]);
    const { url, port } = await event('listening');
    expect(url).toBe(`http://127.0.0.1:${String(port)}/boxes`);
    expect(terminal.err()).toContain(`curl -O ${String(url)}/<box>/<document>`);
  });

  it.each([
    ['session-exists' as const, 8],
    ['device-offline' as const, 7],
    ['unknown-device' as const, 12],
  ])('reports %s with %i', async (code, expected) => {
    api.routes['POST /api/sessions'] = () => problemAnswer(code);
    await start(() => []);
    expect(await exit).toBe(expected);
  });

  it('requests no session if the local port is in use', async () => {
    await start(() => [], {}, { port: (application.address() as AddressInfo).port });
    expect(await exit).toBe(19);
    expect(api.requests).toEqual([]);
  });

  it('cancels the request on Ctrl-C', async () => {
    await start(() => [{ status: 'waiting', state: 'requested' }]);
    await until('a poll', () => api.requests.length > 1);
    terminal.interrupt();
    expect(await exit).toBe(20);
    expect(api.requests.at(-1)?.line).toBe(`POST /api/sessions/${ID}/termination`);
    expect(await event('ended')).toMatchObject({ ending: 'cancelled' });
  });

  it('names the state that it knows, so that the server can hold the poll until it changes', async () => {
    await start(() => [{ status: 'waiting', state: 'requested' }, { status: 'waiting', state: 'approved' }, ready()]);
    await event('listening');
    const polls = api.requests.filter(({ line }) => line.endsWith('/connection'));
    expect(polls.map(({ query }) => query.get('known'))).toEqual([null, 'requested', 'approved']);
  });

  it('cancels the request while a poll is held', async () => {
    let held = false;
    await start(() => [{ status: 'waiting', state: 'requested' }]);
    api.routes[`GET /api/sessions/${ID}/connection`] = async () => {
      held = true;
      await exit; // a poll that is answered only afterwards
      return { body: ready() };
    };
    await until('the held poll', () => held);
    terminal.interrupt();
    expect(await exit).toBe(20);
  });

  it('retries when the relay cannot accept it yet', async () => {
    await start(() => [ready()], { refuse: ['control-plane-unavailable', 'draining'] });
    await event('listening');
    expect(relay.received).toHaveLength(3);
  });

  it('ends the session when its token is refused', async () => {
    await start(() => [ready()], { refuse: ['token-refused'] });
    expect(await exit).toBe(13);
    expect(api.requests.at(-1)?.line).toBe(`POST /api/sessions/${ID}/termination`);
  });

  it('survives a short outage of the server while polling', async () => {
    let down = 2;
    await start(() => [ready()]);
    const answer = api.routes[`GET /api/sessions/${ID}/connection`]!;
    api.routes[`GET /api/sessions/${ID}/connection`] = (request) =>
      down-- > 0 ? { status: 503, body: 'starting' } : answer(request);
    await event('listening');
  });

  it.each([
    ['was ended at the device', 'ended-by-device' as const, 14],
    ['expired', 'expired' as const, 15],
  ])('reports that the session %s and closes the port', async (_what, ending, code) => {
    await start(() => [ready()]);
    const { url } = await event('listening');
    relay.send({ type: 'draining', returnAfterSeconds: 5 });
    await event('draining');
    relay.end({ reason: 'control-plane', ending });
    expect(await exit).toBe(code);
    expect(await event('ended')).toMatchObject({ ending, exitCode: code });
    expect(terminal.journal.steps()).toContain('S338');
    await expect(plainHttp(String(url))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  const halted: Session = {
    ...sampleSession,
    state: 'halting',
    ending: 'halted-by-deployment',
    device: sampleEndedSession.device,
  };
  const SHOW = `GET /api/sessions/${ID}`;
  const record = (session: Session) =>
    (api.routes[SHOW] = () => ({ body: { ...session, steps: [], approvalRecord: null } }));
  const order = (...names: string[]) => events().filter((each) => names.includes(each.event));

  it('shows a halt as soon as the control plane reports it, before the relay has ended the half', async () => {
    await start(() => [ready()]);
    await event('listening');
    record({ ...halted, device: { ...halted.device, state: 'connected', endedAt: null } });
    relay.send({ type: 'draining', returnAfterSeconds: 5 });
    // a second poll means that the first answer contained no halt
    await until('two polls of the session', () => api.requests.filter(({ line }) => line === SHOW).length > 1);
    expect(terminal.journal.steps()).not.toContain('S316'); // the device's half has not ended yet
    record(halted);
    await event('halted');
    expect(terminal.journal.steps().at(-1)).toBe('S316');
    record({ ...sampleEndedSession, ending: 'halted-by-deployment' });
    relay.end({ reason: 'control-plane', ending: 'halted-by-deployment' });
    expect(await exit).toBe(27);
    expect(terminal.journal.steps().slice(-2)).toEqual(['S316', 'S338']);
    expect(order('draining', 'halted', 'ended').map((each) => each.event)).toEqual(['draining', 'halted', 'ended']);
    expect(await event('ended')).toMatchObject({ ending: 'halted-by-deployment', exitCode: 27 });
  });

  it('continues after a deployment that was stopped, and shows the halt of a later one', async () => {
    jest.replaceProperty(TERMINAL_LIMITS, 'SUMMARY_MS', 0 as never); // the end logs never arrive
    await start(() => [ready()]);
    await event('listening');
    const polls = () => api.requests.filter(({ line }) => line === SHOW).length;
    record(sampleSession);
    relay.send({ type: 'draining', returnAfterSeconds: 5 });
    await until('a poll of the session', () => polls() > 0);
    relay.send({ type: 'resumed' });
    await event('resumed');
    record(halted);
    relay.send({ type: 'draining', returnAfterSeconds: 5 });
    await event('halted');
    relay.end({ reason: 'control-plane', ending: 'halted-by-deployment' });
    expect(await exit).toBe(27);
    expect(order('draining', 'resumed', 'halted').map((each) => each.event)).toEqual([
      'draining',
      'resumed',
      'draining',
      'halted',
    ]);
  });

  it.each<[string, () => void]>([
    ['by the relay', () => relay.end({ reason: 'control-plane', ending: 'halted-by-deployment' })],
    ['by the control plane after the relay was lost', () => relay.cut()],
  ])('shows a halt that is reported %s', async (_what, end) => {
    record({ ...sampleEndedSession, ending: 'halted-by-deployment' });
    await start(() => [ready()]);
    await event('listening');
    end();
    expect(await exit).toBe(27);
    expect(terminal.journal.steps().filter((step) => step === 'S316')).toHaveLength(1);
    expect(order('halted')).toHaveLength(1);
  });

  it('waits for the reason after the device has ended its half for a deployment', async () => {
    jest.replaceProperty(TERMINAL_LIMITS, 'SETTLE_MS', 0 as never);
    await start(() => [ready()]);
    const { url } = await event('listening');
    relay.send({ type: 'draining', returnAfterSeconds: 5 });
    await event('draining');
    relay.endDevice();
    await until('the end of the tunnel', () =>
      plainHttp(String(url))
        .catch(() => 'cut')
        .then((answer) => answer === 'cut'),
    );
    record({ ...sampleEndedSession, ending: 'halted-by-deployment' });
    await event('halted'); // reported later than SETTLE_MS
    relay.end({ reason: 'control-plane', ending: 'halted-by-deployment' });
    expect(await exit).toBe(27);
    expect(relay.received).not.toContainEqual({ type: 'terminate' });
  });

  it('shows a halt before the device has connected', async () => {
    await start(() => [{ status: 'over', ending: 'halted-by-deployment', detail: 'took too long' }]);
    expect(await exit).toBe(27);
    expect(await event('ended')).toMatchObject({ exitCode: 27, detail: 'took too long' });
    expect(terminal.journal.steps()).toContain('S316');
  });

  it('reports a halt instead of the refusal of the relay', async () => {
    const over: SessionConnection = { status: 'over', ending: 'halted-by-deployment', detail: '' };
    await start(() => [ready(), over], { refuse: ['unknown-session'] });
    expect(await exit).toBe(27);
  });

  const deploying = (): FakeApiAnswer => {
    const { status, headers, body } = problemAnswer('deployment-in-progress');
    return { status, headers, body: { ...(body as object), retryAfterSeconds: 1 } };
  };
  const ASK = 'POST /api/sessions';
  const accepted = (): FakeApiAnswer => ({ status: 201, body: sampleSession });

  it('waits while a relay is being deployed, then continues', async () => {
    const answers = [deploying(), deploying(), accepted()];
    api.routes[ASK] = () => answers.shift()!;
    await start(() => [ready()]);
    await event('listening');
    expect(order('deployment', 'requested').map((each) => each.event)).toEqual([
      'deployment',
      'deployment',
      'requested',
    ]);
    expect(terminal.err().match(/A new relay is being deployed/g)).toHaveLength(1);
  });

  it('stops waiting for a deployment on Ctrl-C', async () => {
    api.routes[ASK] = deploying;
    await start(() => []);
    await event('deployment');
    terminal.interrupt();
    expect(await exit).toBe(20);
    expect(new Set(api.requests.map(({ line }) => line))).toEqual(new Set([ASK]));
  });

  it('gives up when a deployment takes too long', async () => {
    setLimit('DEPLOYMENT_WAIT_MS', 0);
    api.routes[ASK] = deploying;
    await start(() => []);
    expect(await exit).toBe(17);
  });

  it('with --again, requests access again after a halt and keeps the local port', async () => {
    const answers = [accepted(), deploying(), problemAnswer('session-exists'), accepted()];
    api.routes[ASK] = () => answers.shift()!;
    record({ ...sampleEndedSession, ending: 'halted-by-deployment' });
    await start(() => [ready()], {}, { again: true });
    const { url } = await event('listening');
    relay.end({ reason: 'control-plane', ending: 'halted-by-deployment' });
    await until('the second connection', () => order('listening').length === 2);
    expect((await plainHttp(String(url))).text).toBe('hello');
    record(sampleEndedSession);
    terminal.interrupt();
    expect(await exit).toBe(0);
    expect(order('requested', 'listening', 'deployment', 'halted', 'ended').map((each) => each.event)).toEqual([
      'requested',
      'listening',
      'halted',
      'ended',
      'deployment',
      'requested',
      'listening',
      'ended',
    ]);
    await expect(plainHttp(String(url))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('reports that the agent of the device is not connected while it waits for the answer, and when it is again', async () => {
    const waiting = { status: 'waiting', state: 'requested' } as const;
    const polls = [true, false, false, true].map((agentReached) => ({ ...waiting, agentReached }));
    await start(() => [...polls, ready()]);
    await event('listening');
    expect(order('not-reached', 'reached', 'approved').map((each) => each.event)).toEqual([
      'not-reached',
      'reached',
      'approved',
    ]);
    expect(terminal.err()).toContain('The agent of the device is not connected.');
  });

  it('reports that the connection to the relay is interrupted, and when it is back', async () => {
    setLimit('RELAY_INTERRUPTED_MS', 50);
    await start(() => [ready()]);
    const { url } = await event('listening');
    relay.freeze(true);
    expect(await event('interrupted')).toMatchObject({ between: 'terminal' });
    expect(terminal.err()).toContain('The connection to the relay is interrupted.');
    relay.freeze(false);
    expect(await event('restored')).toMatchObject({ between: 'terminal' });
    expect((await plainHttp(String(url))).text).toBe('hello');
  });

  it('reports that the connection between device and relay is interrupted, and when it is back', async () => {
    await start(() => [ready()]);
    await event('listening');
    relay.send({ type: 'interrupted' });
    expect(await event('interrupted')).toMatchObject({ between: 'device' });
    expect(terminal.err()).toContain('The connection between the device and the relay is interrupted.');
    relay.send({ type: 'restored' });
    expect(await event('restored')).toMatchObject({ between: 'device' });
  });

  it('reports that the relay was lost', async () => {
    await start(() => [ready()]);
    await event('listening');
    await api.stop();
    relay.cut();
    expect(await exit).toBe(9);
    expect(await event('ended')).toMatchObject({ ending: 'lost-terminal', durationSeconds: null });
    expect(terminal.err()).toContain(`Show the session later: platen session ${ID}`);
  });

  it('closes refused connections and reports each reason once', async () => {
    await start(() => [ready()], { open: () => Promise.reject(new StreamRefused(404, 'no application web')) });
    const { url } = await event('listening');
    await expect(plainHttp(String(url))).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(plainHttp(String(url))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(terminal.err().match(/was refused \(404\)/g)).toHaveLength(1);
  });

  it('stops immediately on the second Ctrl-C', async () => {
    await start(() => [ready()], { join: false });
    await until('the half is established', () => terminal.err().includes('Waiting for the device'));
    terminal.interrupt();
    terminal.interrupt();
    expect(await exit).toBe(130);
  });
});
