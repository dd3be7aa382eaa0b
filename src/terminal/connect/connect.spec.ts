import { once } from 'node:events';
import { connect as connectTcp, type AddressInfo, type Socket } from 'node:net';
import { plainHttp } from '../../../test/support/plain-http';
import { startFakeRelayedDevice } from '../../../test/support/relay/fake-relayed-device';
import { setLimit } from '../../../test/support/relay/test-relay';
import { sampleDevice, sampleEndedSession } from '../../../test/support/samples/api-samples';
import { ConnectStage, ID, SECRET } from '../../../test/support/terminal/connect-stage';
import { problemAnswer } from '../../../test/support/terminal/fake-api';
import { until } from '../../../test/support/until';
import { DENIALS, type Denial } from '../../protocol/access-conditions';
import type { SessionConnection } from '../../protocol/api';
import { StreamRefused } from '../../tunnel/http2-tunnel.errors';
import { runCommand } from '../run-command';
import { connect } from './connect';

describe('platen connect', () => {
  let on: ConnectStage;
  beforeEach(async () => {
    on = await ConnectStage.set();
  });
  afterEach(async () => {
    await on.strike();
    jest.restoreAllMocks();
  });

  it('requests access, waits for approval, connects, carries bytes, and ends the session on Ctrl-C', async () => {
    await on.start(() => [
      { status: 'waiting', state: 'requested' },
      { status: 'waiting', state: 'approved' },
      on.ready(),
    ]);
    const { url } = await on.event('listening');
    expect(on.api.requests[0]).toMatchObject({
      line: 'POST /api/sessions',
      body: { deviceId: 'copy-room', applicationId: 'web', reason: 'paper jam' },
    });
    expect((await plainHttp(String(url))).text).toBe('hello');
    expect((await plainHttp(String(url))).text).toBe('hello');

    on.terminal.interrupt();
    expect(await on.exit).toBe(0);
    expect(on.events().map((each) => each.event)).toEqual(['requested', 'approved', 'connected', 'listening', 'ended']);
    expect(await on.event('ended')).toMatchObject({
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
    expect(on.relay.received).toEqual([establish, { type: 'terminate' }]);
    expect(on.terminal.journal.steps()).toEqual([
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
    on.answersToPolls = [];
    on.relay = await startFakeRelayedDevice({ remoteSessionId: ID, open: () => on.openApplication() });
    on.answersToPolls = [{ status: 'waiting', state: 'requested' }, on.ready()];
    const options = {
      device: 'copy-room',
      application: 'web',
      reason: 'paper jam',
      port: 0,
      proxy: false,
      again: false,
      json: false,
    };
    on.exit = runCommand(on.terminal.io, (io) => connect(io, options));
    await until('the address', () => /^http:\/\/127\.0\.0\.1:\d+\/\n$/.test(on.terminal.out()));
    on.terminal.interrupt();
    expect(await on.exit).toBe(0);
    for (const words of [
      'access to Copy room requested',
      'Waiting for approval at the device',
      'Connected to the device',
      'Session ended.',
    ])
      expect(on.terminal.err()).toContain(words);
    expect(on.terminal.out()).toContain('Duration 1:05, 1.2 MB from the device');
    expect(on.terminal.out() + on.terminal.err() + on.terminal.journal.text()).not.toMatch(/s{43}|the-token/);
  });

  it('carries a half-closed connection', async () => {
    await on.start(() => [on.ready()]);
    const { port } = await on.event('listening');
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
    await on.start(() => [{ status: 'waiting', state: 'requested' }, over]);
    expect(await on.exit).toBe(code);
    expect(on.relay.received).toEqual([]);
    expect(on.events().at(-1)).toMatchObject({ event: 'error', exitCode: code });
  });

  it.each<[Denial, RegExp]>([
    [
      'no-condition',
      /permits this client or user nothing.*\nAsk the owner of the device to set an access condition for you/,
    ],
    ['hours', /does not apply at this hour.*\nTry again at the permitted hours. Show them: platen conditions/],
    ['bytes', /bytes is used up.*\nAsk the owner of the device to set a new/],
  ])('says why the access conditions deny a session: %s', async (denial, text) => {
    await on.start(() => [{ status: 'over', ending: 'denied', denial, detail: DENIALS[denial] }]);
    expect(await on.exit).toBe(30);
    expect(on.terminal.err()).toMatch(text);
  });

  it('says so when the access condition is revoked while the session runs', async () => {
    await on.start(() => [on.ready()]);
    await on.event('listening');
    const ended = { ...sampleEndedSession, ending: 'denied', denial: 'no-condition', detail: DENIALS['no-condition'] };
    on.api.routes[`GET /api/sessions/${ID}`] = () => ({ body: { ...ended, steps: [], approvalRecord: null } });
    on.relay.end({ reason: 'control-plane', ending: 'denied' });
    expect(await on.exit).toBe(30);
    expect(await on.event('ended')).toMatchObject({ ending: 'denied', denial: 'no-condition', exitCode: 30 });
    expect(on.terminal.err()).toContain('Ask the owner of the device to set an access condition for you');
  });

  it('says once where a device redirects the browser past the local port, and whether the owner permits it', async () => {
    const [own, secure] = ['http://192.168.1.20', 'https://192.168.1.20'];
    const targets = ['/login', `${secure}/`, `${secure}/start`, 'https://printer.example/', 'https://127.0.0.1/x'];
    on.application.removeAllListeners('connection').on('connection', (socket: Socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () =>
        socket.end(`HTTP/1.1 301 Moved\r\nLocation: ${targets.shift()}\r\nContent-Length: 0\r\n\r\n`),
      );
    });
    await on.start(() => [on.ready()], { originsOf: () => ({ own, others: [secure] }) });
    const { url } = await on.event('listening');
    const seen = [...targets];
    for (const target of seen) expect((await plainHttp(String(url))).headers.location).toBe(target);
    await until('the last one', () => on.events().filter(({ event: name }) => name === 'redirect').length === 2);
    expect(on.events().filter(({ event: name }) => name === 'redirect')).toEqual([
      { event: 'redirect', origin: secure, permitted: true },
      { event: 'redirect', origin: 'https://printer.example', permitted: false },
    ]);
    expect(on.terminal.err()).toMatch(/redirects the browser to https:\/\/192\.168\.1\.20,.*connect with --proxy/);
    expect(on.terminal.err()).toContain('add "https://printer.example" to the "origins"');
  });

  it('opens a proxy to the origins that the owner permits, and says how to use it', async () => {
    const own = 'http://192.168.1.20';
    await on.start(
      () => [on.ready()],
      { originsOf: () => ({ own, others: ['https://192.168.1.20'] }) },
      { proxy: true },
    );
    const { proxy, origins } = await on.event('listening');
    expect(origins).toEqual([own, 'https://192.168.1.20']);
    expect(on.terminal.err()).toContain(`curl -x ${String(proxy)} ${own}/`);
    expect(on.terminal.err()).toMatch(
      /chromium .*--proxy-server=http:\/\/127\.0\.0\.1:\d+ --proxy-bypass-list='<-loopback>'/,
    );
    const headers = { Host: '192.168.1.20' };
    const answer = await plainHttp(String(proxy), { path: `${own}/`, headers });
    expect([answer.status, answer.text]).toEqual([200, 'hello']);
  });

  it('requests no session for a proxy to an application without pages', async () => {
    const applications = [{ id: 'web', title: 'Screen', protocol: 'vnc' as const, viewable: true }];
    on.api.routes['GET /api/devices/copy-room'] = () => ({ body: { ...sampleDevice, applications } });
    await on.start(() => [], {}, { proxy: true });
    expect(await on.exit).toBe(2);
    expect(on.api.requests.map(({ line }) => line)).toEqual(['GET /api/devices/copy-room']);
  });

  it('shows how to use a document box', async () => {
    const applications = [{ id: 'web', title: 'Document boxes', protocol: 'box' as const, viewable: false }];
    on.api.routes['GET /api/devices/copy-room'] = () => ({ body: { ...sampleDevice, applications } });
    await on.start(() => [on.ready()]);
    const { url, port } = await on.event('listening');
    expect(url).toBe(`http://127.0.0.1:${String(port)}/boxes`);
    expect(on.terminal.err()).toContain(`curl -O ${String(url)}/<box>/<document>`);
  });

  it.each([
    ['session-exists' as const, 8],
    ['device-offline' as const, 7],
    ['unknown-device' as const, 12],
  ])('reports %s with %i', async (code, expected) => {
    on.api.routes['POST /api/sessions'] = () => problemAnswer(code);
    await on.start(() => []);
    expect(await on.exit).toBe(expected);
  });

  it('requests no session if the local port is in use', async () => {
    await on.start(() => [], {}, { port: (on.application.address() as AddressInfo).port });
    expect(await on.exit).toBe(19);
    expect(on.api.requests).toEqual([]);
  });

  it('cancels the request on Ctrl-C', async () => {
    await on.start(() => [{ status: 'waiting', state: 'requested' }]);
    await until('a poll', () => on.api.requests.length > 1);
    on.terminal.interrupt();
    expect(await on.exit).toBe(20);
    expect(on.api.requests.at(-1)?.line).toBe(`POST /api/sessions/${ID}/termination`);
    expect(await on.event('ended')).toMatchObject({ ending: 'cancelled' });
  });

  it('names the state that it knows, so that the server can hold the poll until it changes', async () => {
    await on.start(() => [
      { status: 'waiting', state: 'requested' },
      { status: 'waiting', state: 'approved' },
      on.ready(),
    ]);
    await on.event('listening');
    const polls = on.api.requests.filter(({ line }) => line.endsWith('/connection'));
    expect(polls.map(({ query }) => query.get('known'))).toEqual(['requested', 'requested', 'approved']);
  });

  it('cancels the request while a poll is held', async () => {
    let held = false;
    await on.start(() => [{ status: 'waiting', state: 'requested' }]);
    on.api.routes[`GET /api/sessions/${ID}/connection`] = async () => {
      held = true;
      await on.exit; // a poll that is answered only afterwards
      return { body: on.ready() };
    };
    await until('the held poll', () => held);
    on.terminal.interrupt();
    expect(await on.exit).toBe(20);
  });

  it('retries when the relay cannot accept it yet', async () => {
    await on.start(() => [on.ready()], { refuse: ['control-plane-unavailable', 'draining'] });
    await on.event('listening');
    expect(on.relay.received).toHaveLength(3);
  });

  it('ends the session when its token is refused', async () => {
    await on.start(() => [on.ready()], { refuse: ['token-refused'] });
    expect(await on.exit).toBe(13);
    expect(on.api.requests.at(-1)?.line).toBe(`POST /api/sessions/${ID}/termination`);
  });

  it('survives a short outage of the server while polling', async () => {
    let down = 2;
    await on.start(() => [on.ready()]);
    const answer = on.api.routes[`GET /api/sessions/${ID}/connection`]!;
    on.api.routes[`GET /api/sessions/${ID}/connection`] = (request) =>
      down-- > 0 ? { status: 503, body: 'starting' } : answer(request);
    await on.event('listening');
  });

  it.each([
    ['was ended at the device', 'ended-by-device' as const, 14],
    ['expired', 'expired' as const, 15],
  ])('reports that the session %s and closes the port', async (_what, ending, code) => {
    await on.start(() => [on.ready()]);
    const { url } = await on.event('listening');
    on.relay.send({ type: 'draining', returnAfterSeconds: 5 });
    await on.event('draining');
    on.relay.end({ reason: 'control-plane', ending });
    expect(await on.exit).toBe(code);
    expect(await on.event('ended')).toMatchObject({ ending, exitCode: code });
    expect(on.terminal.journal.steps()).toContain('S338');
    await expect(plainHttp(String(url))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('reports that the agent of the device is not connected while it waits for the answer, and when it is again', async () => {
    const waiting = { status: 'waiting', state: 'requested' } as const;
    const polls = [true, false, false, true].map((agentReached) => ({ ...waiting, agentReached }));
    await on.start(() => [...polls, on.ready()]);
    await on.event('listening');
    expect(on.order('not-reached', 'reached', 'approved').map((each) => each.event)).toEqual([
      'not-reached',
      'reached',
      'approved',
    ]);
    expect(on.terminal.err()).toContain('The agent of the device is not connected.');
  });

  it('reports that the connection to the relay is interrupted, and when it is back', async () => {
    setLimit('RELAY_INTERRUPTED_MS', 50);
    await on.start(() => [on.ready()]);
    const { url } = await on.event('listening');
    on.relay.freeze(true);
    expect(await on.event('interrupted')).toMatchObject({ between: 'terminal' });
    expect(on.terminal.err()).toContain('The connection to the relay is interrupted.');
    on.relay.freeze(false);
    expect(await on.event('restored')).toMatchObject({ between: 'terminal' });
    expect((await plainHttp(String(url))).text).toBe('hello');
  });

  it('reports that the connection between device and relay is interrupted, and when it is back', async () => {
    await on.start(() => [on.ready()]);
    await on.event('listening');
    on.relay.send({ type: 'interrupted' });
    expect(await on.event('interrupted')).toMatchObject({ between: 'device' });
    expect(on.terminal.err()).toContain('The connection between the device and the relay is interrupted.');
    on.relay.send({ type: 'restored' });
    expect(await on.event('restored')).toMatchObject({ between: 'device' });
  });

  it('reports that the relay was lost', async () => {
    await on.start(() => [on.ready()]);
    await on.event('listening');
    await on.api.stop();
    on.relay.cut();
    expect(await on.exit).toBe(9);
    expect(await on.event('ended')).toMatchObject({ ending: 'lost-terminal', durationSeconds: null });
    expect(on.terminal.err()).toContain(`Show the session later: platen session ${ID}`);
  });

  it('closes refused connections and reports each reason once', async () => {
    await on.start(() => [on.ready()], { open: () => Promise.reject(new StreamRefused(404, 'no application web')) });
    const { url } = await on.event('listening');
    await expect(plainHttp(String(url))).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(plainHttp(String(url))).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(on.terminal.err().match(/was refused \(404\)/g)).toHaveLength(1);
  });

  it('stops immediately on the second Ctrl-C', async () => {
    await on.start(() => [on.ready()], { join: false });
    await until('the half is established', () => on.terminal.err().includes('Waiting for the device'));
    on.terminal.interrupt();
    on.terminal.interrupt();
    expect(await on.exit).toBe(130);
  });
});
