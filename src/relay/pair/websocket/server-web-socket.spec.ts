import { once } from 'node:events';
import { createServer as createHttpServer, type Server } from 'node:http';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { WebSocketServer, type WebSocket } from 'ws';
import { clientFrame, type ClientFrame } from '../../../../test/support/relay/client-frames';
import { HANDSHAKE, HANDSHAKE_KEY, RawClient } from '../../../../test/support/relay/raw-client';
import { setLimit } from '../../../../test/support/relay/test-relay';
import { makeCertificate } from '../../../../test/support/test-certificate';
import { until } from '../../../../test/support/until';
import { createJournal } from '../../../journal/journal';
import { LIMITS } from '../../../protocol/limits';
import { Listener } from '../listener';
import type { ServerWebSocket } from './server-web-socket';

const [TEXT, CLOSE, PING, PONG] = [1, 8, 9, 10];
const bytesOf = (frames: ClientFrame[]) => Buffer.concat(frames.map(clientFrame));
const closing = (code: number, reason = ''): ClientFrame => ({
  opcode: CLOSE,
  payload: Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]),
});

describe('a peer of the relay', () => {
  let listener: Listener;
  let port: number;
  const accepted: ServerWebSocket[] = [];
  const start = async (tls?: { cert: string; key: string }) => {
    listener = new Listener(
      { tls: tls && { ...tls, pin: undefined, files: undefined }, proxies: [] },
      (_side, ws) => void accepted.push(ws),
      createJournal('relay', 'silent'),
    );
    ({ port } = await listener.listen({ host: '127.0.0.1', port: 0 }));
  };
  const dial = async (first: Buffer | string = HANDSHAKE) => {
    const client = await RawClient.connect(connectTcp(port, '127.0.0.1'), first);
    return { client, ws: accepted.at(-1)! };
  };
  afterEach(async () => {
    jest.restoreAllMocks();
    const stopped = listener.stopAccepting();
    listener.cut();
    await stopped;
    accepted.length = 0;
  });

  describe('gets the same bytes as from `ws`', () => {
    let server: Server;
    let webSockets: WebSocketServer;
    let reference: WebSocket;
    beforeEach(async () => {
      await start();
      server = createHttpServer().listen(0, '127.0.0.1');
      const options = { server, maxPayload: LIMITS.RELAY_FRAME_BYTES, perMessageDeflate: false };
      webSockets = new WebSocketServer(options).on('connection', (ws) => {
        reference = ws.on('error', () => undefined);
      });
      await once(server, 'listening');
    });
    afterEach(() => {
      for (const ws of webSockets.clients) ws.terminate();
      server.close();
    });
    const dialReference = (first: Buffer | string) =>
      RawClient.connect(connectTcp((server.address() as AddressInfo).port, '127.0.0.1'), first);

    it.each<[string, ClientFrame[], answer: string]>([
      ['a ping, then a close', [{ opcode: PING, payload: 'hi' }, closing(1000, 'bye')], '8a026869' + '880503e8627965'],
      ['a close without a code', [{ opcode: CLOSE }], '8800'],
      [
        'an empty ping, a pong, bytes, a close',
        [{ opcode: PING }, { opcode: PONG }, { payload: 'x' }, { opcode: CLOSE }],
        '8a008800',
      ],
      ['an unmasked frame', [{ payload: 'x', key: undefined }], '880203ea'],
      ['a reserved bit after a ping', [{ opcode: PING }, { reserved: 1 }], '8a00880203ea'],
      ['a text that is no UTF-8', [{ opcode: TEXT, payload: Buffer.from([0xff]) }], '880203ef'],
      ['a message that is too long', [{ length: BigInt(LIMITS.RELAY_FRAME_BYTES + 1) }], '880203f1'],
      ['what follows a close', [closing(4999), { opcode: PING }, { reserved: 7 }], '88021387'],
    ])('%s', async (_what, frames, answer) => {
      const bytes = bytesOf(frames);
      // Once in the segment of the handshake, once after it.
      for (const together of [true, false]) {
        const first = together ? Buffer.concat([Buffer.from(HANDSHAKE), bytes]) : HANDSHAKE;
        const clients = [(await dial(first)).client, await dialReference(first)];
        if (!together) for (const { socket } of clients) socket.write(bytes);
        for (const client of clients) {
          await until('the end', () => client.isEnded);
          expect(client.frames).toBe(answer);
        }
        expect(clients[0]!.head).toBe(clients[1]!.head);
      }
    });

    it('nothing when it ends its connection without a close', async () => {
      const clients = [(await dial()).client, await dialReference(HANDSHAKE)];
      for (const client of clients) {
        client.socket.end();
        await until('the end', () => client.isEnded);
        expect(client.frames).toBe('');
      }
    });

    it('a ping, a text, and the close that it answers', async () => {
      const { client, ws } = await dial();
      const clients = [client, await dialReference(HANDSHAKE)];
      for (const each of [ws, reference]) {
        each.ping();
        each.send('text');
        each.close(4400, 'bad-message');
        each.close(1000);
        each.ping();
      }
      const answer = '8900' + '810474657874' + `880d1130${Buffer.from('bad-message').toString('hex')}`;
      for (const each of clients) {
        await until('the close', () => each.frames.length >= answer.length);
        expect(each.isEnded).toBe(false);
        each.socket.write(bytesOf([{ payload: 'discarded' }, { opcode: PING }, closing(4400)]));
        await until('the end', () => each.isEnded);
        expect(each.frames).toBe(answer);
      }
    });
  });

  it.each([
    ['another version', HANDSHAKE.replace('Version: 13', 'Version: 8')],
    ['no key', HANDSHAKE.replace('Sec-WebSocket-Key', 'X-Key')],
    ['a short key', HANDSHAKE.replace(HANDSHAKE_KEY, 'c2hvcnQ=')],
    ['another protocol', HANDSHAKE.replace('Upgrade: websocket', 'Upgrade: h2c')],
    ['another method', HANDSHAKE.replace('GET', 'POST')],
  ])('is refused with the supported version: %s', async (_what, handshake) => {
    await start();
    const { client } = await dial(handshake);
    expect(client.head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\nSec-WebSocket-Version: 13\r\n/);
    await until('the end', () => client.isEnded);
    expect(accepted).toEqual([]);
  });

  it.each(['after its close', 'before any close'])('is cut if it does not end its connection %s', async (when) => {
    setLimit('RELAY_CLOSE_MS', 30);
    await start();
    const { client, ws } = await dial();
    const closed = once(ws, 'close');
    // The client's end of the connection stays open.
    client.socket.allowHalfOpen = true;
    if (when === 'after its close') client.socket.write(bytesOf([{ opcode: CLOSE }]));
    else ws.close(4000, 'terminated');
    await closed;
    expect(ws.readyState).toBe(ws.CLOSED);
  });

  it.each(['TCP', 'TLS'])(
    'gets every byte over %s, with a header before each piece, and holds back what it does not read',
    async (below) => {
      const certificate = await makeCertificate();
      await start(below === 'TLS' ? certificate : undefined);
      const to = { port, host: '127.0.0.1' };
      const socket = below === 'TLS' ? connectTls({ ...to, ca: certificate.cert }, () => undefined) : connectTcp(to);
      const client = await RawClient.connect(socket, HANDSHAKE);
      const ws = accepted.at(-1)!;
      client.socket.pause();
      const drained = jest.fn();
      ws.on('drain', drained);
      // With room for a header and without; each length of a header.
      const sizes = [1, 125, 126, 65_535, 65_536, 100_000];
      const expected: Buffer[] = [];
      let [sent, full] = [0, 0];
      // What is read ahead is sent although the queue is full.
      while (full < 4) {
        const room = sent % 2 === 0 ? 0 : 4;
        const length = sizes[sent % sizes.length]!;
        if (!ws.forward(Buffer.alloc(room + length, sent), room, room + length)) full++;
        expected.push(serverFrame(Buffer.alloc(length, sent++)));
      }
      expect(ws.bufferedAmount).toBeGreaterThan(LIMITS.RELAY_QUEUE_BYTES);
      expect(drained).not.toHaveBeenCalled();
      ws.ping();
      client.socket.resume();
      const all = Buffer.concat([...expected, Buffer.from('8900', 'hex')]).toString('hex');
      await until('every byte', () => client.frames.length === all.length);
      expect(client.frames === all).toBe(true);
      await until('the drain', () => drained.mock.calls.length > 0);
      expect(drained).toHaveBeenCalledTimes(1);
      expect(ws.bufferedAmount).toBe(0);
      const before = ws.bytesRead;
      client.socket.write(Buffer.alloc(3));
      await until('the bytes to be read', () => ws.bytesRead === before + 3);
    },
  );

  it('cannot fill the memory with many small pieces that it does not read', async () => {
    await start();
    const { client, ws } = await dial();
    client.socket.pause();
    // Fills the buffers of the kernel.
    while (ws.bufferedAmount === 0) ws.forward(Buffer.alloc(65_536), 4, 65_536);
    let count = 0;
    while (ws.forward(Buffer.alloc(5), 4, 5)) count++;
    expect(count).toBeLessThanOrEqual(LIMITS.RELAY_QUEUE_BYTES / 512);
    const drained = once(ws, 'drain');
    client.socket.resume();
    await drained;
    expect(ws.forward(Buffer.alloc(5), 4, 5)).toBe(true);
  });

  it('loses what is queued for it when it is cut, and the queue counts as drained', async () => {
    await start();
    const { client, ws } = await dial();
    client.socket.pause();
    while (ws.forward(Buffer.alloc(65_536), 4, 65_536));
    const drained = once(ws, 'drain');
    ws.terminate();
    await drained;
    expect(ws.forward(Buffer.alloc(5), 4, 5)).toBe(true);
  });
});

function serverFrame(payload: Buffer): Buffer {
  const header = Buffer.alloc(10);
  header.writeBigUInt64BE(BigInt(payload.length), 2);
  const [short, middle] = [payload.length < 126, payload.length < 65_536];
  const extended = header.subarray(short ? 10 : middle ? 8 : 2);
  return Buffer.concat([Buffer.from([0x82, short ? payload.length : middle ? 126 : 127]), extended, payload]);
}
