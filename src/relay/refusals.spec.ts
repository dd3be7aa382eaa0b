import { randomBytes } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import WebSocket from 'ws';
import { RawPeer } from '../../test/support/relay/raw-peer';
import { setLimit, startTestRelay, type TestRelay } from '../../test/support/relay/test-relay';
import type { PreparedSession } from '../../test/support/relay/fake-control-plane';
import { until } from '../../test/support/until';
import { LIMITS } from '../protocol/limits';
import { REFUSALS, type Refusal } from '../protocol/relay-messages';
import { RELAY_SUBPROTOCOL } from '../protocol/version';
import { SessionLog } from './master/session-log';

const strange = () => randomBytes(32).toString('base64url');

describe('what the relay refuses', () => {
  let test: TestRelay;
  let base: string;

  beforeEach(async () => {
    test = await startTestRelay();
    base = `ws://127.0.0.1:${test.addresses[0]!.port}`;
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    test.controlPlane.before = () => Promise.resolve();
    await test.stop();
  });

  const expectRefusal = async (peer: RawPeer, code: Refusal) => {
    expect(await peer.message('refused')).toMatchObject({ type: 'refused', code });
    expect(await peer.closed).toEqual({ code: REFUSALS[code].close, reason: code });
  };
  const establish = (sessionId: string, token: string) => ({ type: 'establish', sessionId, token });

  it.each<[Refusal, string, (session: PreparedSession) => object, '/cloud-hub' | '/web-agent']>([
    ['unknown-session', 'an invented session ID', (s) => establish(strange(), s.device.token), '/cloud-hub'],
    ['wrong-side', "the terminal's session ID", (s) => establish(s.terminal.sessionId, s.terminal.token), '/cloud-hub'],
    ['wrong-side', "the device's session ID", (s) => establish(s.device.sessionId, s.device.token), '/web-agent'],
    ['wrong-side', "the terminal's token", (s) => establish(s.device.sessionId, s.terminal.token), '/cloud-hub'],
    ['token-refused', 'an invented token', (s) => establish(s.device.sessionId, strange()), '/cloud-hub'],
    ['bad-message', 'a short session ID', (s) => establish('x', s.device.token), '/cloud-hub'],
    ['bad-message', 'another message first', () => ({ type: 'terminate' }), '/cloud-hub'],
    ['bad-message', 'an unknown message', () => ({ hello: 'relay' }), '/web-agent'],
  ])('%s: %s', async (code, _what, message, path) => {
    const session = await test.controlPlane.prepare();
    const peer = await RawPeer.open(base + path);
    peer.send(message(session));
    await expectRefusal(peer, code);
  });

  it('every request from another computer that comes without TLS', async () => {
    const comesFromElsewhere = (message: unknown) =>
      Object.defineProperty((message as { socket: Socket }).socket, 'remoteAddress', { value: '198.51.100.7' });
    subscribe('net.server.socket', comesFromElsewhere);
    for (const headers of [{}, { connection: 'upgrade', upgrade: 'websocket' }]) {
      const asked = request(`${base.replace('ws', 'http')}/cloud-hub`, { headers, agent: false }).end();
      const [answer] = (await once(asked, 'response')) as [IncomingMessage];
      answer.resume();
      expect(answer.statusCode).toBe(403);
    }
    unsubscribe('net.server.socket', comesFromElsewhere);
  });

  it('wrong-side, without sending the token to the control plane', async () => {
    const { terminal } = await test.controlPlane.prepare();
    const peer = await RawPeer.open(`${base}/cloud-hub`);
    peer.send(establish(terminal.sessionId, terminal.token));
    await expectRefusal(peer, 'wrong-side');
    expect(test.controlPlane.calls).toEqual(['announce']);
    await RawPeer.establish(terminal);
  });

  it('token-expired', async () => {
    const session = await test.controlPlane.prepare({ validMs: -1000 });
    const peer = await RawPeer.open(session.device.url);
    peer.send(establish(session.device.sessionId, session.device.token));
    await expectRefusal(peer, 'token-expired');
  });

  it.each(['connecting', 'connected'] as const)('token-used: the half is %s', async (state) => {
    const { device } = await test.controlPlane.prepare();
    const hold: { go?: () => void } = {};
    if (state === 'connecting')
      test.controlPlane.before = (method) =>
        method === 'authenticate' ? new Promise((go) => (hold.go = go)) : Promise.resolve();
    const first = RawPeer.establish(device);
    if (state === 'connected') await first;
    else await until('the authentication', () => hold.go !== undefined);
    const second = await RawPeer.open(device.url);
    second.send(establish(device.sessionId, device.token));
    await expectRefusal(second, 'token-used');
    hold.go?.();
    expect((await first).ws.readyState).toBe(WebSocket.OPEN);
  });

  it('establish-timeout', async () => {
    setLimit('RELAY_ESTABLISH_MS', 30);
    await expectRefusal(await RawPeer.open(`${base}/cloud-hub`), 'establish-timeout');
  });

  it('control-plane-unavailable, after which the half may retry', async () => {
    const { device } = await test.controlPlane.prepare();
    const { port } = test.controlPlane;
    await test.controlPlane.away();
    const peer = await RawPeer.open(device.url);
    peer.send(establish(device.sessionId, device.token));
    await expectRefusal(peer, 'control-plane-unavailable');
    await test.controlPlane.back(port);
    await test.controlPlane.ask('health', {});
    await RawPeer.establish(device);
  });

  it('control-plane-unavailable if the start log is not acknowledged; a retry reuses the start log', async () => {
    const { device, linkId } = await test.controlPlane.prepare();
    setLimit('RELAY_LOG_RESEND_MS', 50);
    let silent = true;
    test.controlPlane.before = (method) => {
      if (method === 'authenticate') setLimit('RELAY_RPC_TIMEOUT_MS', 1_000); // for the requests that follow
      return method === 'report-log' && silent ? new Promise(() => undefined) : Promise.resolve();
    };
    const peer = await RawPeer.open(device.url);
    peer.send(establish(device.sessionId, device.token));
    await expectRefusal(peer, 'control-plane-unavailable');
    silent = false;
    setLimit('RELAY_RPC_TIMEOUT_MS', 60_000);
    await until('the log', async () => (await test.controlPlane.ask('health', {})).unacknowledgedLogs === 0);
    const starts = test.controlPlane.reported.filter((log) => log.linkId === linkId && log.event.kind === 'start');
    expect(new Set(starts.map(({ id }) => id)).size).toBe(1);
  });

  it('overloaded: too many connections', async () => {
    setLimit('RELAY_CONNECTIONS', 1);
    await RawPeer.open(`${base}/cloud-hub`);
    await expectRefusal(await RawPeer.open(`${base}/cloud-hub`), 'overloaded');
  });

  it('connections without a request: another one ends the oldest', async () => {
    setLimit('RELAY_UNAUTHENTICATED', 2);
    const { hostname, port } = new URL(base);
    const silent = () =>
      connect(Number(port), hostname)
        .on('error', () => undefined)
        .resume();
    const [first, second] = [silent(), silent()];
    await Promise.all([once(first, 'connect'), once(second, 'connect')]);
    const closed = new Promise<void>((resolve) =>
      [first, second].forEach((each) => each.once('close', () => resolve())),
    );
    const peer = await RawPeer.open(`${base}/cloud-hub`);
    await closed;
    expect(peer.ws.readyState).toBe(WebSocket.OPEN);
    for (const socket of [first, second]) socket.destroy();
  });

  it.each([
    ['binary', (peer: RawPeer) => peer.ws.send(Buffer.from('{"type":"establish"}'))],
    ['invalid JSON', (peer: RawPeer) => peer.ws.send('{')],
    ['too many bytes', (peer: RawPeer) => peer.ws.send('x'.repeat(LIMITS.RELAY_ESTABLISH_BYTES + 1))],
    [
      'endless fragments',
      (peer: RawPeer) => {
        for (let part = 0; part < 40; part++) peer.ws.send('x'.repeat(100), { fin: false });
      },
    ],
    ['a flood of pings', (peer: RawPeer) => Array.from({ length: 200 }, () => peer.ws.ping('x'.repeat(100)))],
  ])('bad-message: %s as first message', async (_name, send) => {
    const peer = await RawPeer.open(`${base}/cloud-hub`);
    send(peer);
    await expectRefusal(peer, 'bad-message');
  });

  it('bad-message: any message before `established`', async () => {
    const { device } = await test.controlPlane.prepare();
    test.controlPlane.before = (method) =>
      method === 'authenticate' ? new Promise(() => undefined) : Promise.resolve();
    const peer = await RawPeer.open(device.url);
    peer.send(establish(device.sessionId, device.token));
    peer.ws.send(Buffer.from('too early'));
    await expectRefusal(peer, 'bad-message');
  });

  it.each([
    ['invalid JSON', '{'],
    ['another message', JSON.stringify({ type: 'established' })],
    ['a second establish', JSON.stringify(establish(strange(), strange()))],
    ['too many bytes', 'x'.repeat(LIMITS.RELAY_CONTROL_BYTES + 1)],
  ])('bad-message: %s on an established half, which is lost then', async (_name, text) => {
    const { device, linkId } = await test.controlPlane.prepare();
    const peer = await RawPeer.establish(device);
    peer.ws.send(text);
    await expectRefusal(peer, 'bad-message');
    await until('the end log', () => test.controlPlane.endReasons(linkId).includes('device lost'));
  });

  it.each(['ping', 'pong'] as const)('too-many-pings: a flood of %ss on an established half', async (sign) => {
    const session = await test.controlPlane.prepare();
    const device = await RawPeer.establish(session.device);
    const terminal = await RawPeer.establish(session.terminal);
    for (let n = 0; n <= LIMITS.WEBSOCKET_PINGS_PER_MINUTE + 1; n += 1) device.ws[sign]();
    await expectRefusal(device, 'too-many-pings');
    await until('the end log', () => test.controlPlane.endReasons(session.linkId).includes('device lost'));
    expect(terminal.ws.readyState).toBe(WebSocket.OPEN);
  });

  it('an oversized frame (close code 1009), which ends that half only', async () => {
    const session = await test.controlPlane.prepare();
    const device = await RawPeer.establish(session.device);
    const terminal = await RawPeer.establish(session.terminal);
    device.ws.send(Buffer.alloc(LIMITS.RELAY_FRAME_BYTES + 1));
    expect((await device.closed).code).toBe(1009);
    await until('the end log', () => test.controlPlane.endReasons(session.linkId).length > 0);
    expect(test.controlPlane.endReasons(session.linkId)).toEqual(['device lost']);
    expect(terminal.ws.readyState).toBe(WebSocket.OPEN);
  });

  it('a half whose start log cannot be stored; the relay keeps running', async () => {
    const broken = jest.spyOn(SessionLog.prototype, 'write').mockRejectedValueOnce(new Error('SQLITE_FULL'));
    const { device } = await test.controlPlane.prepare();
    const peer = await RawPeer.open(device.url);
    peer.send(establish(device.sessionId, device.token));
    await expectRefusal(peer, 'overloaded');
    expect(broken).toHaveBeenCalledTimes(1);
    expect(await test.controlPlane.ask('health', {})).toMatchObject({ links: 1 });
  });

  it('nothing when an end log cannot be stored: it is stored and reported later', async () => {
    setLimit('RELAY_LOG_RESEND_MS', 10);
    const session = await test.controlPlane.prepare();
    const { terminal } = await test.join(session);
    jest.spyOn(SessionLog.prototype, 'write').mockRejectedValueOnce(new Error('SQLITE_FULL'));
    expect(await terminal.terminate()).toMatchObject({ kind: 'terminated' });
    await until('the end log', () => test.controlPlane.endReasons(session.linkId).length > 0);
    expect(test.controlPlane.endReasons(session.linkId)).toEqual(['terminal requested']);
  });

  describe('over HTTP', () => {
    const get = async (path: string, headers: Record<string, string> = {}): Promise<[number, string]> => {
      const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
      const key = { 'sec-websocket-key': randomBytes(16).toString('base64') };
      const asked = request(base.replace('ws', 'http') + path, { headers: { ...upgrade, ...key, ...headers } });
      asked.end();
      const [response] = (await once(asked, 'response')) as [IncomingMessage];
      let body = '';
      for await (const chunk of response) body += String(chunk);
      return [response.statusCode!, body];
    };
    const protocol = { 'sec-websocket-protocol': RELAY_SUBPROTOCOL };

    it.each([
      ['another version of the protocol', '/cloud-hub', { 'sec-websocket-protocol': 'platen.relay.v2' }, 400],
      ['no subprotocol', '/web-agent', {}, 400],
      ['another path', '/', protocol, 404],
      ['a path with a query', '/cloud-hub?x', protocol, 404],
      ['a path with a prefix that is not a number', '/x/cloud-hub', protocol, 404],
      ['a path with two numbers as prefix', '/1/2/cloud-hub', protocol, 404],
      ['a web page', '/web-agent', { ...protocol, origin: 'https://evil.example' }, 404],
      ['another WebSocket version', '/cloud-hub', { ...protocol, 'sec-websocket-version': '7' }, 400],
    ])('%s', async (_name, path, headers, status) => {
      const [found, body] = await get(path, headers);
      expect(found).toBe(status);
      if (!('sec-websocket-version' in headers) && status === 400) expect(body).toContain(RELAY_SUBPROTOCOL);
    });

    it('a plain request', async () => {
      expect(await get('/cloud-hub', { connection: 'close', upgrade: '' })).toEqual([404, '']);
    });

    it.each(['/1/cloud-hub', '/64/web-agent'])('but not a path with a pair number as prefix: %s', async (path) => {
      const peer = await RawPeer.open(base + path);
      peer.send(establish(strange(), strange()));
      await expectRefusal(peer, 'unknown-session');
    });

    it('but not several subprotocols, of which it selects its own', async () => {
      const ws = new WebSocket(`${base}/cloud-hub`, ['platen.relay.v2', RELAY_SUBPROTOCOL]);
      await once(ws, 'open');
      expect(ws.protocol).toBe(RELAY_SUBPROTOCOL);
      ws.terminate();
    });
  });

  it('garbage instead of HTTP and of frames, and keeps running', async () => {
    for (const garbage of [randomBytes(5000), Buffer.from('GET /cloud-hub HTTP/1.1\r\n'), Buffer.alloc(20_000, 'a')]) {
      const socket = connect(test.addresses[0]!.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.resume().end(garbage);
      await new Promise((resolve) => socket.once('close', resolve));
    }
    const peer = await RawPeer.open(`${base}/cloud-hub`);
    // Written to the raw socket: reserved bits set, no mask.
    const below = (peer.ws as unknown as { _socket: NodeJS.WritableStream })._socket;
    below.write(randomBytes(500));
    await peer.closed;
    expect(await test.controlPlane.ask('health', {})).toMatchObject({ links: 0 });
  });
});
