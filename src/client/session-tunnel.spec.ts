import { once } from 'node:events';
import { connect as connectTcp, createServer, type AddressInfo, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  startFakeRelayedDevice,
  type FakeRelayedDevice,
  type FakeRelayedDeviceOptions,
} from '../../test/support/relay/fake-relayed-device';
import { sampleSession } from '../../test/support/samples/api-samples';
import { problemAnswer, startFakeApi, type FakeApi } from '../../test/support/terminal/fake-api';
import { until } from '../../test/support/until';
import type { SessionConnection } from '../protocol/api';
import { createApi } from './client';
import { SessionTunnel, TUNNEL_WAITS } from './session-tunnel';

const { id: ID } = sampleSession;
const SECRET = 's'.repeat(43);
const POLL = `GET /api/sessions/${ID}/connection`;
const TERMINATION = `POST /api/sessions/${ID}/termination`;
const waiting: SessionConnection = { status: 'waiting', state: 'requested' };
const denied: SessionConnection = { status: 'over', ending: 'denied', denial: 'hours', detail: '' };

describe('the tunnel of an external client', () => {
  let api: FakeApi;
  let relay: FakeRelayedDevice;
  let application: Server;
  beforeEach(async () => {
    for (const [name, ms] of [
      ['POLL_MS', 5],
      ['RETRY_MAX_MS', 5],
      ['SETTLE_MS', 50],
    ] as const)
      jest.replaceProperty(TUNNEL_WAITS, name, ms as never);
    [api, relay] = [undefined as never, undefined as never];
    application = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(application, 'listening');
  });
  afterEach(async () => {
    await relay?.stop();
    await api?.stop();
    application.close();
    jest.restoreAllMocks();
  });

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
  async function openApplication() {
    const { port } = application.address() as AddressInfo;
    const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return socket;
  }
  /** Later polls get the last of `answers`. */
  async function open(
    answers: () => SessionConnection[],
    relayOptions: Partial<FakeRelayedDeviceOptions> = {},
    signal?: AbortSignal,
  ): Promise<SessionTunnel> {
    relay = await startFakeRelayedDevice({ remoteSessionId: ID, open: openApplication, ...relayOptions });
    const left = answers();
    const token = { access_token: 'pla_1', token_type: 'Bearer', expires_in: 600, scope: 'sessions:write' };
    api = await startFakeApi({
      'POST /oauth/token': () => ({ body: token }),
      [POLL]: () => ({ body: left.length > 1 ? left.shift() : left[0] }),
      [TERMINATION]: () => ({ body: { ...sampleSession, state: 'ended', ending: 'cancelled' } }),
    });
    return SessionTunnel.open(createApi({ server: api.url, clientId: ID, secret: SECRET }), ID, { signal });
  }
  const terminations = () => api.requests.filter(({ line }) => line === TERMINATION).length;
  async function echoed(port: number): Promise<string> {
    const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end('hello');
    return text(socket);
  }

  it('waits for the approval, carries connections, and ends in order', async () => {
    const tunnel = await open(() => [waiting, waiting, ready()]);
    const stream = await tunnel.connect();
    stream.end('direct');
    expect(await text(stream)).toBe('direct');
    const port = await tunnel.listen();
    expect(await Promise.all([echoed(port), echoed(port)])).toEqual(['hello', 'hello']);
    expect(await tunnel.terminate()).toMatchObject({ kind: 'terminated', message: { ending: 'ended-by-terminal' } });
    await expect(echoed(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(tunnel.connect()).rejects.toMatchObject({ name: 'StreamRefused' });
    expect(terminations()).toBe(0);
  });

  it('closes its ports when the other side ends the session, and reports the reason', async () => {
    const tunnel = await open(() => [ready()]);
    const port = await tunnel.listen();
    relay.end({ reason: 'control-plane', ending: 'revoked' });
    expect(await tunnel.closed).toMatchObject({ kind: 'terminated', message: { ending: 'revoked' } });
    await expect(echoed(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect(relay.received).not.toContainEqual({ type: 'terminate' });
  });

  it('ends its half when the tunnel has broken', async () => {
    const tunnel = await open(() => [ready()]);
    relay.endDevice();
    expect(await tunnel.closed).toMatchObject({ kind: 'terminated', message: { reason: 'requested' } });
  });

  it('reports a relay that was lost', async () => {
    const tunnel = await open(() => [ready()]);
    relay.cut();
    expect(await tunnel.closed).toMatchObject({ kind: 'lost' });
  });

  it('passes the reason class of a denial on, and does not dial', async () => {
    const error = { name: 'SessionOver', ending: 'denied', denial: 'hours' };
    await expect(open(() => [waiting, denied])).rejects.toMatchObject(error);
    expect([relay.received, terminations()]).toEqual([[], 0]);
  });

  it('joins a relay that cannot accept it yet', async () => {
    const tunnel = await open(() => [ready()], { refuse: ['overloaded', 'draining'] });
    expect(await tunnel.terminate()).toMatchObject({ kind: 'terminated' });
  });

  it('ends the session when the relay refuses its half', async () => {
    const refused = open(() => [ready()], { refuse: ['unknown-session'] });
    await expect(refused).rejects.toMatchObject({ name: 'RelayRefused', code: 'unknown-session' });
    expect(terminations()).toBe(1);
  });

  it('prefers the ending of the session to the refusal of the relay', async () => {
    const refused = open(() => [ready(), denied], { refuse: ['unknown-session'] });
    await expect(refused).rejects.toMatchObject({ name: 'SessionOver', ending: 'denied' });
    expect(terminations()).toBe(0);
  });

  it('waits while the server restarts', async () => {
    // until the test says so: the next poll may come before the outage
    const opening = open(() => [waiting]);
    await until('the first poll', () => api?.requests.some(({ line }) => line.startsWith('GET')));
    api.routes[POLL] = () => ({ status: 503, body: '<html>' });
    await until('the outage', () => api.requests.length > 6);
    api.routes[POLL] = () => ({ body: ready() });
    await (await opening).terminate();
  });

  it('refuses connection data that do not match the protocol', async () => {
    const odd = { status: 'ready', connection: { url: 'file:///etc/passwd' } } as unknown as SessionConnection;
    jest.replaceProperty(TUNNEL_WAITS, 'OUTAGE_MS', 0 as never);
    await expect(open(() => [odd])).rejects.toMatchObject({ name: 'ServerUnusable' });
    expect(terminations()).toBe(1);
  });

  it.each([
    ['waits for the approval', () => [waiting], {}],
    ['waits for the device', () => [ready()], { join: false }],
  ] as const)('ends the session when it is aborted while it %s', async (_when, answers, relayOptions) => {
    const stop = new AbortController();
    const opening = open(answers, relayOptions, stop.signal);
    await until('the wait', () => ('join' in relayOptions ? relay?.received.length : api?.requests.length > 3));
    stop.abort(new Error('enough'));
    await expect(opening).rejects.toThrow('enough');
    expect(terminations()).toBe(1);
  });

  it('passes a refusal of the server on', async () => {
    relay = await startFakeRelayedDevice({ remoteSessionId: ID, open: openApplication });
    api = await startFakeApi({
      'POST /oauth/token': () => ({ status: 401, body: { error: 'invalid_client', error_description: 'revoked' } }),
      [TERMINATION]: () => problemAnswer('not-logged-in'),
    });
    const of = createApi({ server: api.url, clientId: ID, secret: SECRET });
    await expect(SessionTunnel.open(of, ID)).rejects.toMatchObject({ name: 'TokenRefused', code: 'invalid_client' });
  });
});
