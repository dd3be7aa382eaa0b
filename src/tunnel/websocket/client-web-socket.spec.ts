import { once, type EventEmitter } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';
import { clientFrame, ofServer, type ClientFrame } from '../../../test/support/relay/client-frames';
import { setLimit } from '../../../test/support/relay/test-relay';
import { makeCertificate } from '../../../test/support/test-certificate';
import { until } from '../../../test/support/until';
import { LIMITS } from '../../protocol/limits';
import { spkiPinOf } from '../pinned-tls';
import { acceptOf } from './client-handshake';
import { ClientWebSocket } from './client-web-socket';

const [TEXT, CLOSE, PING, PONG] = [1, 8, 9, 10];
const SUBPROTOCOL = 'bytes.1';
const HEAD_END = '\r\n\r\n';
const closing = (code: number, reason = ''): ClientFrame => ({
  opcode: CLOSE,
  payload: Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]),
});
const bytesOf = (frames: ClientFrame[]) => Buffer.concat(frames.map(ofServer).map(clientFrame));
const failureOf = (client: ClientWebSocket) => new Promise<Error>((resolve) => client.once('error', resolve));
const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
const dial = (port: number, more: { handshakeMs?: number; pin?: string } = {}) =>
  new ClientWebSocket({
    url: `${more.pin === undefined ? 'ws' : 'wss'}://127.0.0.1:${port}/path?query`,
    subprotocol: SUBPROTOCOL,
    handshakeMs: more.handshakeMs ?? 10_000,
    trust: { pin: more.pin },
  });

describe('a client, at a server that writes bytes', () => {
  let server: Server;
  const sockets: Socket[] = [];
  const clients: ClientWebSocket[] = [];
  /** What each client has sent, behind its handshake. */
  const received: Buffer[] = [];

  /** @param answer to the handshake */
  const start = async (answer: (key: string, head: string) => Buffer | string | undefined) => {
    server = createServer({ allowHalfOpen: false }, (socket) => {
      const index = sockets.push(socket) - 1;
      let bytes = Buffer.alloc(0);
      let headBytes: number | undefined;
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        bytes = Buffer.concat([bytes, chunk]);
        if (headBytes === undefined && bytes.includes(HEAD_END)) {
          headBytes = bytes.indexOf(HEAD_END) + HEAD_END.length;
          const head = bytes.subarray(0, headBytes).toString();
          const said = answer(/sec-websocket-key: (.*)\r/i.exec(head)![1]!, head);
          if (said !== undefined) socket.write(said);
        }
        received[index] = bytes.subarray(headBytes);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return portOf(server);
  };
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const client of clients.splice(0)) client.terminate();
    for (const socket of sockets.splice(0)) socket.destroy();
    received.length = 0;
    server.close();
    await once(server, 'close');
  });
  const accepting = (key: string, more = '') =>
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\n` +
    `Sec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n${more}\r\n`;

  it.each<[string, ClientFrame[], answer: string]>([
    ['a ping, then a close', [{ opcode: PING, payload: 'hi' }, closing(1000, 'bye')], '8a026869' + '880503e8627965'],
    ['a close without a code', [{ opcode: CLOSE }], '8800'],
    [
      'an empty ping, a pong, bytes, a close',
      [{ opcode: PING }, { opcode: PONG }, { payload: 'x' }, { opcode: CLOSE }],
      '8a008800',
    ],
    ['a masked frame', [{ payload: 'x', key: undefined }], '880203ea'],
    ['a reserved bit after a ping', [{ opcode: PING }, { reserved: 1 }], '8a00880203ea'],
    ['a text that is no UTF-8', [{ opcode: TEXT, payload: Buffer.from([0xff]) }], '880203ef'],
    ['a message that is too long', [{ length: BigInt(LIMITS.RELAY_FRAME_BYTES + 1) }], '880203f1'],
    ['what follows a close', [closing(4999), { opcode: PING }, { reserved: 7 }], '88021387'],
  ])('answers %s as `ws` does', async (_what, frames, answer) => {
    const bytes = bytesOf(frames);
    // Once in the segment of the handshake, once after it.
    for (const together of [true, false]) {
      const port = await start((key) =>
        Buffer.concat([Buffer.from(accepting(key)), together ? bytes : Buffer.alloc(0)]),
      );
      const opening = [
        dial(port),
        new WebSocket(`ws://127.0.0.1:${port}`, SUBPROTOCOL, { maxPayload: LIMITS.RELAY_FRAME_BYTES }),
      ];
      const ended = opening.map((client: WebSocket | ClientWebSocket) => {
        (client as EventEmitter).on('error', () => undefined);
        return new Promise<void>((resolve) => (client as EventEmitter).on('close', () => resolve()));
      });
      if (!together)
        await until(
          'both handshakes',
          () => sockets.length === 2 && sockets.every(({ bytesWritten }) => bytesWritten > 0),
        );
      if (!together) for (const socket of sockets) socket.write(bytes);
      await Promise.all(ended);
      await until('both answers', () => received.length === 2 && received.every((each) => unmasked(each) === answer));
      expect(received.map(unmasked)).toEqual([answer, answer]);
      server.close();
      for (const list of [sockets, received]) list.length = 0;
    }
  });

  it.each([
    ['1000 with a reason', bytesOf([closing(1000, 'bye')]), [1000, 'bye']],
    ['no code', bytesOf([{ opcode: CLOSE }]), [1005, '']],
    ['no close', bytesOf([{ payload: 'x' }]), [1006, '']],
    ['a violation', bytesOf([{ reserved: 1 }]), [1006, '']],
  ])('reports the close of the server: %s', async (_what, bytes, closed) => {
    const port = await start((key) => accepting(key));
    const client = dial(port);
    clients.push(client);
    await once(client, 'open');
    const ended = once(client, 'close');
    sockets[0]!.end(bytes);
    expect(await ended).toEqual(closed);
  });

  it.each([
    ['another answer', () => 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n', /403/],
    ['no proof', (key: string) => accepting(`x${key}`), /Accept/],
    ['another subprotocol', (key: string) => accepting(key).replace(SUBPROTOCOL, 'other'), /subprotocol/],
    ['another protocol', (key: string) => accepting(key).replace(': websocket', ': other'), /Upgrade/],
    ['an extension', (key: string) => accepting(key, 'Sec-WebSocket-Extensions: permessage-deflate\r\n'), /extensions/],
    ['no HTTP', () => 'hello\r\n\r\n', /Parse Error/],
    ['nothing in time', () => undefined, /timed out/],
  ])('refuses a server that answers its handshake with %s', async (_what, answer, message) => {
    const port = await start(answer);
    const client = dial(port, { handshakeMs: message.source === 'timed out' ? 50 : 10_000 });
    const opened = jest.fn();
    client.on('open', opened);
    const [error] = await Promise.all([failureOf(client), new Promise((resolve) => client.on('close', resolve))]);
    expect(String(error)).toMatch(message);
    expect(client.readyState).toBe(client.CLOSED);
    await until('the end', () => sockets[0]!.destroyed);
    expect(opened).not.toHaveBeenCalled();
  });

  it('asks for the path, with the subprotocol and a new key each time', async () => {
    const heads: string[] = [];
    const port = await start((key, head) => (heads.push(head), accepting(key)));
    clients.push(dial(port), dial(port));
    await Promise.all(clients.map((client) => once(client, 'open')));
    const shown = heads[0]!.split('\r\n').map((line) => line.replace(/(-key: ).*/i, '$1'));
    expect(shown.sort()).toEqual(
      [
        ...['', '', 'GET /path?query HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket', `Host: 127.0.0.1:${port}`],
        ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: ', `Sec-WebSocket-Protocol: ${SUBPROTOCOL}`],
      ].sort(),
    );
    const keys = heads.map((head) => /-key: (.*)\r/i.exec(head)![1]);
    expect(keys[0]).not.toBe(keys[1]);
  });

  it('can be cut during the handshake', async () => {
    const port = await start(() => undefined);
    const client = dial(port);
    await until('the request', () => sockets.length > 0);
    const failed = failureOf(client);
    client.terminate();
    await failed;
    await until('the end', () => sockets[0]!.destroyed);
  });

  it('cuts a server that does not answer its close', async () => {
    setLimit('RELAY_CLOSE_MS', 30);
    const port = await start((key) => accepting(key));
    const client = dial(port);
    await once(client, 'open');
    client.close(4000, 'over');
    expect(await once(client, 'close')).toEqual([1006, '']);
  });

  it('masks each message with another key, and changes nothing of the caller', async () => {
    const port = await start((key) => accepting(key));
    const client = dial(port);
    clients.push(client);
    await once(client, 'open');
    const bytes = Buffer.alloc(100, 0x55);
    for (let message = 0; message < 5_000; message++) client.sendPieces([bytes]);
    expect(bytes).toEqual(Buffer.alloc(100, 0x55));
    await until('all', () => received[0]?.length === 5_000 * 106);
    const keys = new Set(Array.from({ length: 5_000 }, (_, index) => received[0]!.readInt32LE(index * 106 + 2)));
    expect(keys.size).toBeGreaterThan(4_990);
  });

  it('cannot fill the memory with many small pieces that the server does not read', async () => {
    const port = await start((key) => accepting(key));
    const client = dial(port);
    clients.push(client);
    await once(client, 'open');
    sockets[0]!.pause();
    while (client.bufferedAmount === 0) client.sendPieces([Buffer.alloc(65_536)]);
    let count = 0;
    while (client.sendPieces([Buffer.alloc(5)])) count++;
    expect(count).toBeLessThanOrEqual(LIMITS.RELAY_QUEUE_BYTES / 512);
    const drained = once(client, 'drain');
    sockets[0]!.resume();
    await drained;
    expect(client.sendPieces([Buffer.alloc(5)])).toBe(true);
  });

  it('reads nothing while it is paused, and then everything', async () => {
    const port = await start((key) => accepting(key));
    const client = dial(port);
    clients.push(client);
    await once(client, 'open');
    let read = 0;
    client.on('bytes', (_chunk, start, end) => (read += end - start));
    client.pause();
    const bytes = bytesOf(Array.from({ length: 300 }, () => ({ payload: Buffer.alloc(60_000) })));
    sockets[0]!.write(bytes);
    await until('a full path', () => sockets[0]!.writableLength > 0);
    expect(read).toBe(0);
    client.resume();
    await until('everything', () => read === 300 * 60_000);
  });
});

describe('bytes to a server of `ws`', () => {
  it.each(['TCP', 'TLS'])('all arrive over %s, in any pieces, although the server reads slowly', async (below) => {
    const certificate = await makeCertificate();
    const http = below === 'TLS' ? createHttpsServer(certificate) : createHttpServer();
    const server = new WebSocketServer({ server: http, handleProtocols: () => SUBPROTOCOL, maxPayload: 65_536 });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const parts: Buffer[] = [];
    const accepted = new Promise<WebSocket>((resolve) => server.once('connection', resolve));
    const client = dial(portOf(http), below === 'TLS' ? { pin: spkiPinOf(certificate.cert) } : {});
    await once(client, 'open');
    const peer = await accepted;
    peer.on('message', (data: Buffer) => parts.push(data));
    peer.pause();
    const sent: Buffer[] = [];
    let [fill, full] = [0, 0];
    const drained = jest.fn();
    client.on('drain', drained);
    // Each length of a header, memory of its own and from the pool, cut into several messages.
    const sizes = [1, 125, 126, 4_000, 16_383, 16_384, 65_527, 65_528, 65_529, 200_000];
    while ((full < 12 || sent.length < 60) && client.readyState === client.OPEN) {
      const pieces = [sizes[sent.length % sizes.length]!, sizes[(sent.length * 7) % sizes.length]!].map((length) =>
        Buffer.alloc(length, ++fill),
      );
      if (!client.sendPieces(pieces)) full++;
      sent.push(Buffer.concat(pieces));
      for (const piece of pieces) piece.fill(0); // they belong to the caller again
    }
    expect(drained).not.toHaveBeenCalled();
    peer.resume();
    const expected = Buffer.concat(sent);
    await until('all', () => parts.reduce((sum, { length }) => sum + length, 0) === expected.length);
    expect(Buffer.concat(parts).equals(expected)).toBe(true);
    await until('the drain', () => drained.mock.calls.length > 0);
    expect(client.bufferedAmount).toBe(0);
    client.close(1000);
    await once(client, 'close');
    server.close();
    http.close();
    await once(http, 'close');
  });
});

/** The frames of a client, all of them short, without their masks; in hexadecimal. */
function unmasked(bytes: Buffer): string {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 6 + (bytes[at + 1]! & 0x7f)) {
    const [key, payload] = [bytes.subarray(at + 2, at + 6), bytes.subarray(at + 6, at + 6 + (bytes[at + 1]! & 0x7f))];
    frames.push(
      Buffer.from([bytes[at]!, bytes[at + 1]! ^ 0x80]),
      payload.map((byte, index) => byte ^ key[index % 4]!) as Buffer,
    );
  }
  return Buffer.concat(frames).toString('hex');
}
