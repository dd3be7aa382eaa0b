import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';
import { setLimit } from '../../test/support/relay/test-relay';
import { until } from '../../test/support/until';
import type { ConnectionInfo } from '../protocol/control-channel';
import { LIMITS } from '../protocol/limits';
import { CLOSE_TERMINATED, REFUSALS } from '../protocol/relay-messages';
import { RELAY_SUBPROTOCOL } from '../protocol/version';
import { dialRelay } from './relay-connection';
import { RelayNotEncrypted, RelayRefused, RelayUnreachable } from './relay-connection.errors';

const remoteSessionId = randomUUID();
const validUntil = new Date(Date.now() + 60_000).toISOString();
const established = { type: 'established', remoteSessionId, validUntil };
const joined = { type: 'joined', resumeSecret: randomBytes(32).toString('base64url') };
const terminated = { type: 'terminated', reason: 'control-plane', bytesReceived: 1, bytesSent: 2 };

describe('dialRelay', () => {
  let server: WebSocketServer;
  let info: ConnectionInfo;
  let onPeer: (ws: WebSocket, say: (message: object) => void) => void;
  const received: string[] = [];

  beforeEach(async () => {
    received.length = 0;
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    server.on('connection', (ws) => {
      ws.on('error', () => undefined);
      ws.on('message', (data: Buffer, isBinary) => isBinary || received.push(data.toString()));
      ws.once('message', () => onPeer(ws, (message) => ws.send(JSON.stringify(message))));
    });
    await once(server, 'listening');
    const [sessionId, token] = [randomBytes(32).toString('base64url'), randomBytes(32).toString('base64url')];
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/cloud-hub`;
    info = { remoteSessionId, applicationId: 'web', url, sessionId, token, validUntil };
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const client of server.clients) client.terminate();
    await new Promise((resolve) => server.close(resolve));
  });

  it('sends session ID and token, and receives messages that directly follow `established`', async () => {
    onPeer = (ws, say) => {
      for (const message of [established, { type: 'joined' }]) say(message);
      ws.send(Buffer.from('first bytes'));
      for (const message of [{ type: 'draining', returnAfterSeconds: 7 }, terminated]) say(message);
    };
    const connection = await dialRelay(info, 'device');
    expect(JSON.parse(received[0]!)).toEqual({ type: 'establish', sessionId: info.sessionId, token: info.token });
    expect([...server.clients].map(({ protocol }) => protocol)).toEqual([RELAY_SUBPROTOCOL]);
    await connection.joined;
    expect(await connection.closed).toEqual({ kind: 'terminated', message: terminated });
    expect(await new Promise((resolve) => connection.onDraining(resolve))).toBe(7);
    expect(connection.validUntil).toEqual(new Date(validUntil));
  });

  it.each(Object.entries(REFUSALS).map(([code, { close }]) => [code, close] as const))(
    'throws the refusal %s, received as a message or as a close code alone',
    async (code, close) => {
      onPeer = (ws, say) => {
        say({ type: 'refused', code, detail: 'because' });
        ws.close(close);
      };
      const refusal = dialRelay(info, 'device');
      await expect(refusal).rejects.toBeInstanceOf(RelayRefused);
      await expect(refusal).rejects.toMatchObject({ code, detail: 'because' });
      onPeer = (ws) => ws.close(close);
      await expect(dialRelay(info, 'device')).rejects.toMatchObject({ code });
    },
  );

  it.each<[string, (ws: WebSocket) => void]>([
    ['closes', (ws) => ws.close(1011)],
    ['breaks', (ws) => ws.terminate()],
    ['sends text that is not JSON', (ws) => ws.send('hello')],
    ['sends bytes first', (ws) => ws.send(Buffer.from('x'))],
    ['sends a huge message', (ws) => ws.send('x'.repeat(LIMITS.RELAY_CONTROL_BYTES + 1))],
    ['sends `terminated` first', (ws) => ws.send(JSON.stringify(terminated))],
  ])('finds a relay unreachable that %s', async (_name, act) => {
    onPeer = act;
    await expect(dialRelay(info, 'device')).rejects.toBeInstanceOf(RelayUnreachable);
  });

  it('gives up after the timeout or when aborted', async () => {
    onPeer = () => undefined;
    await expect(dialRelay(info, 'device', { timeoutMs: 50 })).rejects.toMatchObject({ detail: 'no answer in time' });
    const control = new AbortController();
    const dialling = dialRelay(info, 'device', { signal: control.signal });
    control.abort();
    await expect(dialling).rejects.toMatchObject({ code: 'relay-unreachable', detail: 'aborted' });
    await expect(dialRelay(info, 'device', { signal: control.signal })).rejects.toBeInstanceOf(RelayUnreachable);
  });

  it('reports a closed port, and a server that is not a relay, as unreachable', async () => {
    const other: Server = createServer((socket) => socket.resume().end('HTTP/1.1 404 Not Found\r\n\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(other, 'listening');
    const url = `ws://127.0.0.1:${(other.address() as AddressInfo).port}/cloud-hub`;
    await expect(dialRelay({ ...info, url }, 'device')).rejects.toBeInstanceOf(RelayUnreachable);
    await new Promise((resolve) => other.close(resolve));
    await expect(dialRelay({ ...info, url }, 'device')).rejects.toBeInstanceOf(RelayUnreachable);
  });

  it.each(['ws://192.0.2.1/cloud-hub', 'ws://127.0.0.1.example/cloud-hub', 'ws://[::2]/cloud-hub'])(
    'sends no token without encryption to another computer: %s',
    async (url) => {
      await expect(dialRelay({ ...info, url }, 'device')).rejects.toBeInstanceOf(RelayNotEncrypted);
    },
  );

  it("never dials the other half's path", async () => {
    await expect(dialRelay(info, 'terminal')).rejects.toMatchObject({ code: 'wrong-side' });
    expect(server.clients.size).toBe(0);
  });

  it.each<[string, (ws: WebSocket) => void, object]>([
    ['a close', (ws) => ws.close(1001, 'bye'), { kind: 'lost', code: 1001, detail: 'bye' }],
    ['a break', (ws) => ws.terminate(), { kind: 'lost', code: 1006 }],
    ['an invalid message', (ws) => ws.send('{}'), { kind: 'lost', code: 1008 }],
  ])('reports %s as lost; `joined` rejects and the bytes break off', async (_name, act, closed) => {
    onPeer = (_ws, say) => say(established);
    const connection = await dialRelay(info, 'device');
    const broken = once(connection.bytes, 'close');
    for (const client of server.clients) act(client);
    expect(await connection.closed).toMatchObject(closed);
    await expect(connection.joined).rejects.toThrow('closed before');
    await broken;
  });

  it('terminates in order, even if its bytes are not read', async () => {
    onPeer = (ws, say) => {
      say(established);
      for (let sent = 0; sent < 40; sent++) ws.send(Buffer.alloc(64 * 1024));
      ws.on('message', () => {
        say({ ...terminated, reason: 'requested' });
        ws.close(CLOSE_TERMINATED);
      });
    };
    const connection = await dialRelay(info, 'device');
    await once(connection.bytes, 'readable');
    expect(await connection.terminate()).toMatchObject({ kind: 'terminated', message: { reason: 'requested' } });
    expect(received.map((text) => (JSON.parse(text) as { type: string }).type)).toEqual(['establish', 'terminate']);
  });

  it.each<[string, object[], string]>([
    ['acknowledges bytes that were not sent', [joined, { type: 'acknowledge', received: 1 }], 'acknowledged 1 bytes'],
    [
      'continues from bytes that were not sent',
      [joined, { type: 'renewed', renewal: 1 }, { type: 'continue', renewal: 1, received: 2 }],
      'acknowledged 2 bytes',
    ],
    ['renews what is not resumable', [{ type: 'joined' }, { type: 'renewed', renewal: 1 }], 'unexpected message'],
    ['acknowledges there', [{ type: 'joined' }, { type: 'acknowledge', received: 0 }], 'unexpected message'],
  ])('is lost with the cause if the other side %s', async (_what, messages, detail) => {
    onPeer = (_ws, say) => [established, ...messages].forEach(say);
    const connection = await dialRelay(info, 'device', { resumable: true });
    const closed = await connection.closed;
    expect(closed).toMatchObject({ kind: 'lost', code: 1008 });
    expect(closed).toMatchObject({ detail: expect.stringContaining(detail) as string });
    expect(connection.bytes.destroyed).toBe(true);
  });

  describe('when its WebSocket carries nothing', () => {
    beforeEach(async () => {
      setLimit('RELAY_INTERRUPTED_MS', 50);
      setLimit('RESUME_PAUSE_MS', 5);
      await new Promise((resolve) => server.close(resolve));
      // the connections of this one answer no pings
      server = new WebSocketServer({ port: 0, host: '127.0.0.1', autoPong: false });
      await once(server, 'listening');
      info.url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/cloud-hub`;
    });
    /** Answers the first messages in order; the last answer serves for the rest. @returns who has sent them */
    const answer = (...answers: ((ws: WebSocket, say: (message: object) => void) => void)[]) => {
      const peers: WebSocket[] = [];
      server.on('connection', (ws) => {
        ws.on('error', () => undefined);
        ws.on('message', (data: Buffer, isBinary) => isBinary || received.push(data.toString()));
        ws.once('message', () => {
          const act = answers[Math.min(peers.push(ws), answers.length) - 1]!;
          act(ws, (message) => ws.send(JSON.stringify(message)));
        });
      });
      return peers;
    };
    const joins = (_ws: WebSocket, say: (message: object) => void) => [established, joined].forEach(say);
    const asked = () => received.map((text) => JSON.parse(text) as { type: string; attempt?: number });

    it('resumes with the secret, a higher attempt each time', async () => {
      const renewing = (ws: WebSocket, say: (message: object) => void) => {
        ws.on('ping', () => ws.pong());
        say({ type: 'renewed', renewal: 1 });
      };
      const peers = answer(joins, (ws) => ws.terminate(), renewing);
      const connection = await dialRelay(info, 'device', { resumable: true });
      await until('`continue`', () => asked().some(({ type }) => type === 'continue'));
      const { sessionId } = info;
      const { resumeSecret: secret } = joined;
      expect(asked().slice(1)).toEqual([
        { type: 'resume', sessionId, secret, attempt: 1 },
        { type: 'resume', sessionId, secret, attempt: 2 },
        { type: 'continue', renewal: 1, received: 0 },
      ]);
      await until('the first to be closed', () => peers[0]!.readyState === WebSocket.CLOSED);
      peers[2]!.send(JSON.stringify(terminated));
      expect(await connection.closed).toEqual({ kind: 'terminated', message: terminated });
    });

    it('does not close one on which the relay was asked, before it has accepted a later one', async () => {
      setLimit('RESUME_DIAL_MS', 100);
      let before: number | undefined;
      const renewing = (ws: WebSocket, say: (message: object) => void) => {
        ws.on('ping', () => ws.pong());
        before ??= peers[1]!.readyState;
        say({ type: 'renewed', renewal: 2 });
      };
      const peers = answer(joins, () => undefined, renewing);
      await dialRelay(info, 'device', { resumable: true });
      await until('the others to be closed', () =>
        [0, 1].every((at) => peers[2] && peers[at]!.readyState === WebSocket.CLOSED),
      );
      expect(before).toBe(WebSocket.OPEN);
      await until('`continue`', () => asked().some(({ type }) => type === 'continue'));
    });

    it('continues over one that the relay has accepted late', async () => {
      setLimit('RESUME_DIAL_MS', 100);
      const peers = answer(
        joins,
        (ws) => ws.on('ping', () => ws.pong()),
        () => peers[1]!.send(JSON.stringify({ type: 'renewed', renewal: 1 })),
      );
      await dialRelay(info, 'device', { resumable: true });
      const continued = new Promise<WebSocket>((resolve) =>
        server.on('connection', (ws) =>
          ws.on('message', (data: Buffer) => String(data).includes('"continue"') && resolve(ws)),
        ),
      );
      expect((await continued) === peers[1]).toBe(true);
    });

    it('asks no more once it is refused, and is lost when its WebSocket closes', async () => {
      const peers = answer(joins, (ws, say) => {
        say({ type: 'refused', code: 'resume-refused', detail: '' });
        ws.close(REFUSALS['resume-refused'].close);
      });
      const connection = await dialRelay(info, 'device', { resumable: true });
      await until('the refusal', () => peers[1]?.readyState === WebSocket.CLOSED);
      peers[0]!.terminate();
      expect(await connection.closed).toMatchObject({ kind: 'lost', code: 1006 });
      expect(peers).toHaveLength(2);
    });

    it('does not resume if the relay or the other half does not know how', async () => {
      const peers = answer((_ws, say) => [established, { type: 'joined' }].forEach(say));
      const connection = await dialRelay(info, 'device', { resumable: true });
      const interrupted = new Promise((resolve) => connection.onInterruption(resolve));
      expect(await interrupted).toBe(true);
      peers[0]!.terminate();
      expect(await connection.closed).toMatchObject({ kind: 'lost' });
      expect(peers).toHaveLength(1);
    });
  });
});
