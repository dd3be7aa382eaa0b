import { randomBytes, randomInt } from 'node:crypto';
import { once, type EventEmitter } from 'node:events';
import { connect as connectHttp2, performServerHandshake } from 'node:http2';
import { duplexPair, type Duplex } from 'node:stream';
import { cut } from '../../../test/support/relay/frame-readings';
import { randomConnection, readByNode, readByPlaten } from '../../../test/support/relay/http2-readings';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import { LIMITS } from '../../protocol/limits';
import { Http2Connection } from './connection';
import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  frameHeader,
  GOAWAY,
  goawayFrame,
  HEADERS,
  INITIAL_WINDOW_SIZE,
  MAX_FRAME_SIZE,
  numberFrame,
  PADDED,
  PING,
  PREFACE,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  settingsFrame,
  WINDOW_UPDATE,
  WITH_PRIORITY,
} from './frames';
import { encodeHeaders, type Headers } from './hpack';
import type { Http2Stream } from './stream';

const CONNECT = { ':method': 'CONNECT', ':authority': 'web' };
const NOTHING = Buffer.alloc(0);
/** With which earlier versions have used Node's HTTP/2. */
const MEMORY_MB = 64;
type Stream = Duplex & { respond(headers: object): void };
type OnRequest = (stream: Stream, headers: Record<string, unknown>) => void;
type Request = (headers: object) => Duplex;

const collected = async (stream: Duplex): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
};

const clients: Record<'Platen' | 'Node', (bytes: Duplex) => Promise<Request>> = {
  Platen: async (bytes) => {
    const connection = new Http2Connection(bytes, 'client');
    await once(connection, 'settings');
    return (headers) => connection.request(headers as Headers)!.on('error', () => undefined);
  },
  Node: async (bytes) => {
    const session = connectHttp2('http://tunnel', { createConnection: () => bytes, maxSessionMemory: MEMORY_MB });
    session.on('error', () => undefined);
    await once(session, 'remoteSettings');
    return (headers) => session.request(headers as Headers, { endStream: false }).on('error', () => undefined);
  },
};
const servers: Record<'Platen' | 'Node', (bytes: Duplex, onRequest: OnRequest) => void> = {
  Platen: (bytes, onRequest) => {
    new Http2Connection(bytes, 'server').on('request', (stream, headers) =>
      onRequest(stream.on('error', () => undefined) as Stream, headers),
    );
  },
  Node: (bytes, onRequest) => {
    const session = performServerHandshake(bytes, { maxSessionMemory: MEMORY_MB });
    session.on('error', () => undefined);
    session.on('stream', (stream, headers) => onRequest(stream.on('error', () => undefined) as never, headers));
  },
};

describe.each([
  ['Platen', 'Platen'],
  ['Node', 'Platen'],
  ['Platen', 'Node'],
] as const)('a client of %s and a server of %s', (clientOf, serverOf) => {
  const pairs: Duplex[] = [];
  afterEach(() => pairs.splice(0).forEach((each) => each.destroy()));
  const start = (onRequest: OnRequest): Promise<Request> => {
    const [near, far] = duplexPair({ highWaterMark: 64 * 1024 });
    pairs.push(near, far);
    servers[serverOf](far, onRequest);
    return clients[clientOf](near);
  };

  it('exchange headers with any characters', async () => {
    const seen: Record<string, unknown>[] = [];
    const request = await start((stream, headers) => {
      seen.push(headers);
      stream.respond({ ':status': 200, 'x-answer': headers['x-all'] });
    });
    const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).join('');
    for (let time = 0; time < 3; time++) {
      const stream = request({ ...CONNECT, 'x-all': printable, 'x-long': 'long'.repeat(500), [`x-${time}`]: 'new' });
      const [answer] = (await once(stream, 'response')) as [Headers];
      expect(answer).toMatchObject({ 'x-answer': printable });
      expect(String(answer[':status'])).toBe('200');
      expect(seen.at(-1)).toMatchObject({ ...CONNECT, 'x-all': printable, 'x-long': 'long'.repeat(500) });
      stream.destroy();
    }
  });

  it('carry streams in both directions at once, each of which ends separately', async () => {
    const request = await start((stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    });
    const echoes = Array.from({ length: 6 }, async (_, index) => {
      const data = randomBytes(1 + index * 700_001);
      const stream = request(CONNECT);
      stream.end(data);
      return (await collected(stream)).equals(data);
    });
    expect(await Promise.all(echoes)).toEqual(Array.from({ length: 6 }, () => true));
  });

  it.each(['client', 'server'])('report a stream that the %s cuts as an error at the other end', async (half) => {
    let far: Duplex | undefined;
    const request = await start((stream) => {
      far = stream;
      stream.respond({ ':status': 200 });
    });
    const near = request(CONNECT);
    await once(near, 'response');
    const [cutting, other] = half === 'client' ? [near, far!] : [far!, near];
    const failed = new Promise((resolve) => other.on('error', resolve));
    other.resume();
    cutting.destroy(new Error('cut'));
    expect(String(await failed)).toMatch(/stream/i);
  });

  it('do not let a reader that has stopped hold up another one', async () => {
    const request = await start((stream) => {
      stream.respond({ ':status': 200 });
      stream.end(Buffer.alloc(3_000_000));
    });
    const stopped = request(CONNECT);
    await once(stopped, 'readable');
    for (let time = 0; time < 5; time++) expect(await collected(request(CONNECT))).toHaveLength(3_000_000);
    expect(await collected(stopped)).toHaveLength(3_000_000);
  });

  it('end all streams with an error when their connection is lost', async () => {
    const request = await start((stream) => stream.respond({ ':status': 200 }));
    const stream = request(CONNECT);
    await once(stream, 'response');
    const closed = new Promise((resolve) => stream.on('close', resolve));
    stream.resume();
    pairs[0]!.destroy();
    await closed;
    // Node ends them as if they were complete.
    if (clientOf === 'Platen') expect(stream.readableEnded).toBe(false);
  });
});

describe('a server, at a client that writes frames', () => {
  let bytes: Duplex;
  let peer: Duplex;
  let server: Http2Connection;
  let requests: { stream: Http2Stream; headers: Headers }[];
  let received: Buffer;
  let isReading: boolean;
  const request = (streamId: number, flags = END_HEADERS) => frame(HEADERS, flags, streamId, encodeHeaders(CONNECT));
  const start = (...more: Buffer[]) => peer.write(Buffer.concat([PREFACE, settingsFrame([]), ...more]));
  /** What the server has sent. */
  const sent = () => {
    const found: { type: number; flags: number; streamId: number; payload: Buffer }[] = [];
    for (let at = 0; at + 9 <= received.length;) {
      const length = received.readUIntBE(at, 3);
      const payload = received.subarray(at + 9, at + 9 + length);
      found.push({
        type: received[at + 3]!,
        flags: received[at + 4]!,
        streamId: received.readUInt32BE(at + 5),
        payload,
      });
      at += 9 + length;
    }
    return found;
  };
  const numbers = (type: number, streamId: number) =>
    sent()
      .filter((each) => each.type === type && each.streamId === streamId)
      .map(({ payload }) => payload.readUInt32BE(0));
  const goaway = () =>
    until(
      'a goaway',
      () =>
        sent()
          .find(({ type }) => type === GOAWAY)
          ?.payload.readUInt32BE(4) ?? false,
    );

  const connect = () => {
    [bytes, peer] = duplexPair({ highWaterMark: 16 * 1024 });
    peer.on('error', () => undefined);
    server = new Http2Connection(bytes, 'server');
    requests = [];
    server.on('request', (stream, headers) => requests.push({ stream: stream.on('error', () => undefined), headers }));
    received = NOTHING;
    isReading = true;
    peer.on('readable', () => {
      for (let chunk: Buffer | null; isReading && (chunk = peer.read() as Buffer | null);)
        received = Buffer.concat([received, chunk]);
    });
  };
  const disconnect = () => {
    server.destroy();
    peer.destroy();
  };
  beforeEach(connect);
  afterEach(() => {
    jest.restoreAllMocks();
    disconnect();
  });
  const readAgain = () => {
    isReading = true;
    (peer as EventEmitter).emit('readable');
  };

  const open = [request(1)];
  it.each<[string, number, Buffer[]]>([
    ['frames before the settings', 1, [PREFACE, request(1)]],
    ['an acknowledgement before the settings', 1, [PREFACE, frame(SETTINGS, ACK, 0, NOTHING)]],
    ['HTTP/1.1', 1, [Buffer.from('GET / HTTP/1.1\r\n\r\n')]],
    ['settings of a stream', 1, [PREFACE, frame(SETTINGS, 0, 1, NOTHING)]],
    ['settings of an impossible length', 6, [PREFACE, frame(SETTINGS, 0, 0, Buffer.alloc(5))]],
    ['an acknowledgement with settings', 6, [PREFACE, settingsFrame([]), frame(SETTINGS, ACK, 0, Buffer.alloc(6))]],
    ['a window that is too large', 3, [PREFACE, settingsFrame([[INITIAL_WINDOW_SIZE, 2 ** 31]])]],
    ['frames that are too short', 1, [PREFACE, settingsFrame([[MAX_FRAME_SIZE, 16_383]])]],
    ['frames that are too long', 1, [PREFACE, settingsFrame([[MAX_FRAME_SIZE, 2 ** 24]])]],
    ...(
      [
        ['a frame that is longer than permitted', 6, [frameHeader(64 * 1024 + 1, DATA, 0, 1)]],
        ['data of no stream', 1, [frame(DATA, 0, 0, NOTHING)]],
        ['data of a stream that is not open', 1, [frame(DATA, 0, 3, NOTHING)]],
        ['data with more padding than frame', 1, [...open, frame(DATA, PADDED, 1, Buffer.of(3, 0, 0))]],
        ['data with padding without a length', 1, [...open, frame(DATA, PADDED, 1, NOTHING)]],
        ['headers of no stream', 1, [request(0)]],
        ['a request on a stream of the server', 1, [request(2)]],
        ['headers that are no HPACK', 9, [frame(HEADERS, END_HEADERS, 1, Buffer.of(0x80))]],
        ['headers with more padding than frame', 1, [frame(HEADERS, END_HEADERS | PADDED, 1, Buffer.of(9))]],
        ['headers with half a priority', 1, [frame(HEADERS, END_HEADERS | WITH_PRIORITY, 1, Buffer.alloc(4))]],
        ['headers that are interrupted', 1, [request(1, 0), frame(PING, 0, 0, Buffer.alloc(8))]],
        ['headers that another stream continues', 1, [request(1, 0), frame(CONTINUATION, END_HEADERS, 3, NOTHING)]],
        ['a continuation of nothing', 1, [frame(CONTINUATION, END_HEADERS, 1, Buffer.of(0x82))]],
        ['empty continuations', 1, [request(1, 0), frame(CONTINUATION, 0, 1, NOTHING)]],
        [
          'endless headers',
          0xb,
          [request(1, 0), ...Array.from({ length: 17 }, () => frame(CONTINUATION, 0, 1, Buffer.alloc(1_000)))],
        ],
        ['a priority of an impossible length', 1, [frame(PRIORITY, 0, 1, Buffer.alloc(4))]],
        ['a reset of an impossible length', 6, [...open, frame(RST_STREAM, 0, 1, Buffer.alloc(3))]],
        ['a reset of a stream that is not open', 1, [numberFrame(RST_STREAM, 3, 8)]],
        ['a push', 1, [...open, frame(PUSH_PROMISE, END_HEADERS, 1, Buffer.alloc(4))]],
        ['a ping of an impossible length', 6, [frame(PING, 0, 0, Buffer.alloc(7))]],
        ['a ping of a stream', 1, [frame(PING, 0, 1, Buffer.alloc(8))]],
        ['a goaway of an impossible length', 6, [frame(GOAWAY, 0, 0, Buffer.alloc(7))]],
        ['a goaway of a stream', 1, [frame(GOAWAY, 0, 1, Buffer.alloc(8))]],
        ['a window update of an impossible length', 6, [frame(WINDOW_UPDATE, 0, 0, Buffer.alloc(3))]],
        ['a window update of nothing', 1, [numberFrame(WINDOW_UPDATE, 0, 0)]],
        ['a window update of a stream that is not open', 1, [numberFrame(WINDOW_UPDATE, 3, 1)]],
        ['a window of the connection that overflows', 3, [numberFrame(WINDOW_UPDATE, 0, 2 ** 31 - 1)]],
        ['a window of a stream that overflows', 3, [...open, numberFrame(WINDOW_UPDATE, 1, 2 ** 31 - 1)]],
      ] as [string, number, Buffer[]][]
    ).map(([what, code, after]): [string, number, Buffer[]] => [what, code, [PREFACE, settingsFrame([]), ...after]]),
  ])('refuses %s with the code %i, however it is cut', async (_what, code, parts) => {
    for (const piece of cut(Buffer.concat(parts), [1 + parts.length, 5, 50_000])) peer.write(piece);
    expect(await goaway()).toBe(code);
    await until('the end', () => bytes.destroyed);
    expect(server.isOpen).toBe(false);
  });

  it.each<[string, number, Buffer[]]>([
    ['data after its end', 5, [request(1, END_HEADERS | END_STREAM), frame(DATA, 0, 1, Buffer.alloc(1))]],
    ['headers after its end', 5, [request(1, END_HEADERS | END_STREAM), request(1)]],
    ['a window update of nothing', 1, [request(1), numberFrame(WINDOW_UPDATE, 1, 0)]],
  ])('resets a stream for %s, and serves the next', async (_what, code, after) => {
    start(...after, request(3));
    await until('both', () => requests.length === 2);
    await until('the reset', () => numbers(RST_STREAM, 1).length > 0);
    expect(numbers(RST_STREAM, 1)).toEqual([code]);
    expect(requests.map(({ stream }) => stream.destroyed)).toEqual([true, false]);
  });

  it('ignores what arrives for streams that are closed, frames of unknown types, priorities and reserved bits', async () => {
    start(request(1), numberFrame(RST_STREAM, 1, 8));
    const later = [
      frame(DATA, 0, 1, Buffer.alloc(100)),
      numberFrame(WINDOW_UPDATE, 1, 5),
      numberFrame(RST_STREAM, 1, 8),
      request(1),
      frame(0x42, 0xff, 7, Buffer.alloc(3_000)),
      frame(PRIORITY, 0, 9, Buffer.alloc(5)),
      frame(
        HEADERS,
        END_HEADERS | PADDED | WITH_PRIORITY,
        3,
        Buffer.concat([Buffer.of(2), Buffer.alloc(5), encodeHeaders(CONNECT), Buffer.alloc(2)]),
      ),
      frame(DATA, PADDED | END_STREAM, 3 + 2 ** 31, Buffer.from('\x03content\0\0\0')),
    ];
    for (const piece of cut(Buffer.concat(later), [3, 1, 20])) peer.write(piece);
    await until('the other request', () => requests.length === 2);
    expect(requests[1]!.headers).toEqual(CONNECT);
    expect((await collected(requests[1]!.stream)).toString()).toBe('content');
  });

  it('refuses more than its windows, and returns credit for a stream only for what is read', async () => {
    start(request(1));
    await until('the request', () => requests.length === 1);
    const { stream } = requests[0]!;
    server.setConnectionWindow(10 * 1024 * 1024);
    const part = frame(DATA, 0, 1, Buffer.alloc(32 * 1024));
    for (let time = 0; time < 32; time++) peer.write(part);
    await until('a full window', () => stream.receiveWindow === 0);
    expect(numbers(WINDOW_UPDATE, 1)).toEqual([]);
    stream.resume();
    await until('credit', () => numbers(WINDOW_UPDATE, 1).reduce((sum, more) => sum + more, 0) >= 512 * 1024);
    stream.pause();
    const left = stream.receiveWindow;
    for (let time = 0; time <= left / (32 * 1024); time++) peer.write(part);
    await until('the reset', () => numbers(RST_STREAM, 1).length > 0);
    expect(numbers(RST_STREAM, 1)).toEqual([3]);
    expect(server.isOpen).toBe(true);
  });

  it('refuses more than the window of the connection', async () => {
    start(request(1));
    for (let time = 0; time < 8; time++) peer.write(frame(DATA, 0, 1, Buffer.alloc(8 * 1024 - 1)));
    await until('credit', () => numbers(WINDOW_UPDATE, 0).length > 0);
    // All at once, more than there can be credit for.
    peer.write(frameHeader(64 * 1024, DATA, 0, 1));
    peer.write(Buffer.alloc(64 * 1024));
    peer.write(frameHeader(64 * 1024, DATA, 0, 1));
    expect(await goaway()).toBe(3);
  });

  it('accepts what the peer sends before it has seen a smaller window, and refuses it afterwards', async () => {
    server.setConnectionWindow(10 * 1024 * 1024);
    start(frame(SETTINGS, ACK, 0, NOTHING), request(1), request(3));
    await until('both', () => requests.length === 2);
    server.setStreamWindow(100_000);
    const large = Buffer.concat(Array.from({ length: 3 }, () => frame(DATA, 0, 1, Buffer.alloc(60_000))));
    peer.write(large);
    await until('its content', () => requests[0]!.stream.readableLength === 180_000);
    peer.write(
      Buffer.concat([
        frame(SETTINGS, ACK, 0, NOTHING),
        frame(DATA, 0, 3, Buffer.alloc(60_000)),
        frame(DATA, 0, 3, Buffer.alloc(60_000)),
      ]),
    );
    await until('the reset', () => numbers(RST_STREAM, 3).length > 0);
    expect(numbers(RST_STREAM, 3)).toEqual([3]);
  });

  it('returns credit for what was read already once the peer has acknowledged a smaller window', async () => {
    server.setConnectionWindow(10 * 1024 * 1024);
    const content = Array.from({ length: 8 }, () => frame(DATA, 0, 1, Buffer.alloc(50_000)));
    start(frame(SETTINGS, ACK, 0, NOTHING), request(1), ...content);
    await until('the stream', () => requests.length === 1);
    let read = 0;
    requests[0]!.stream.on('data', (chunk: Buffer) => (read += chunk.length));
    await until('its content', () => read === 400_000);
    expect(numbers(WINDOW_UPDATE, 1)).toEqual([]); // less than half of the window
    server.setStreamWindow(200_000);
    peer.write(frame(SETTINGS, ACK, 0, NOTHING)); // its window is below zero now: it sends nothing until there is credit
    await until('the credit', () => numbers(WINDOW_UPDATE, 1).length > 0);
    expect(numbers(WINDOW_UPDATE, 1)).toEqual([400_000]);
  });

  it('sends no more than the windows and frames of the peer permit', async () => {
    peer.write(Buffer.concat([PREFACE, settingsFrame([[INITIAL_WINDOW_SIZE, 100]]), request(1), request(3)]));
    await until('both', () => requests.length === 2);
    for (const { stream } of requests) stream.end(Buffer.alloc(40_000));
    const lengths = (streamId: number) =>
      sent().flatMap((each) => (each.type === DATA && each.streamId === streamId ? [each.payload.length] : []));
    await until('both windows', () => lengths(1).length + lengths(3).length === 2);
    expect([lengths(1), lengths(3)]).toEqual([[100], [100]]);
    peer.write(settingsFrame([[INITIAL_WINDOW_SIZE, 50]])); // both windows are negative now
    peer.write(numberFrame(WINDOW_UPDATE, 1, 60));
    await until('what fits', () => lengths(1).length === 2);
    peer.write(
      settingsFrame([
        [INITIAL_WINDOW_SIZE, 39_000],
        [MAX_FRAME_SIZE, 20_000],
      ]),
    );
    await until('what the connection permits', () => lengths(3).length > 1);
    peer.write(
      Buffer.concat([
        numberFrame(WINDOW_UPDATE, 0, 100_000),
        numberFrame(WINDOW_UPDATE, 1, 2_000),
        numberFrame(WINDOW_UPDATE, 3, 2_000),
      ]),
    );
    await until(
      'both ends',
      () => sent().filter(({ type, flags }) => type === DATA && flags === END_STREAM).length === 2,
    );
    for (const id of [1, 3]) expect(lengths(id).reduce((sum, length) => sum + length, 0)).toBe(40_000);
    expect(lengths(1).slice(0, 2)).toEqual([100, 10]);
    expect(Math.max(...lengths(1), ...lengths(3))).toBeLessThanOrEqual(20_000);
  });

  it('sends a small response behind at most one batch of a large one', async () => {
    isReading = false;
    const settings = settingsFrame([
      [INITIAL_WINDOW_SIZE, 2 ** 30],
      [MAX_FRAME_SIZE, 64 * 1024],
    ]);
    peer.write(Buffer.concat([PREFACE, settings, numberFrame(WINDOW_UPDATE, 0, 2 ** 30), request(1), request(3)]));
    await until('both', () => requests.length === 2);
    requests[0]!.stream.end(Buffer.alloc(8_000_000));
    await until('a full path', () => bytes.writableLength > 0);
    requests[1]!.stream.write('click');
    readAgain();
    await until('the click', () => received.includes('click'));
    expect(received.indexOf('click')).toBeLessThan(400_000);
  });

  it('has streams take turns', async () => {
    isReading = false;
    const settings = settingsFrame([[INITIAL_WINDOW_SIZE, 2 ** 30]]);
    start(
      settings,
      numberFrame(WINDOW_UPDATE, 0, 2 ** 30),
      ...Array.from({ length: 64 }, (_, index) => request(2 * index + 1)),
    );
    await until('all', () => requests.length === 64);
    for (const { stream } of requests) stream.end(Buffer.alloc(50_000));
    readAgain();
    await until(
      'all ends',
      () => sent().filter(({ type, flags }) => type === DATA && flags === END_STREAM).length === 64,
    );
    // Without the first, which began alone.
    const order = sent().flatMap(({ type, streamId }) => (type === DATA && streamId !== 1 ? [streamId] : []));
    const firstRepeated = order.findIndex((id, index) => order.indexOf(id) < index);
    expect(firstRepeated).toBe(63);
  });

  it.each([
    ['pings', () => frame(PING, 0, 0, randomBytes(8))],
    ['settings', () => settingsFrame([])],
  ])('ends the connection of a client that sends %s and does not read the answers', async (_what, question) => {
    setLimit('TUNNEL_ANSWERS_BYTES', 10_000);
    isReading = false;
    start();
    for (let time = 0; time < 20_000 && server.isOpen; time++) {
      peer.write(question());
      if (time % 100 === 0) await new Promise(setImmediate);
    }
    expect(bytes.destroyed).toBe(true);
  });

  it('ends the connection of a client that opens and resets streams', async () => {
    setLimit('TUNNEL_RESETS_PER_SECOND', 0); // a busy machine sends fewer than are permitted
    disconnect();
    connect();
    start();
    for (let id = 1; id < 2 * LIMITS.TUNNEL_RESETS + 400 && server.isOpen; id += 2) {
      peer.write(Buffer.concat([request(id), numberFrame(RST_STREAM, id, 8)]));
      if (id % 100 === 1) await new Promise(setImmediate);
    }
    expect(await goaway()).toBe(0xb);
  });

  it.each([
    ['streams at a time', 'TUNNEL_STREAMS'],
    ['unread content', 'TUNNEL_UNREAD_BYTES'],
  ] as const)('refuses a stream beyond its %s', async (_what, limit) => {
    setLimit(limit, 1);
    start(request(1), frame(DATA, 0, 1, Buffer.alloc(1_000)));
    await until('its content', () => requests[0]?.stream.readableLength === 1_000);
    peer.write(request(3));
    await until('the refusal', () => numbers(RST_STREAM, 3).length > 0);
    expect(numbers(RST_STREAM, 3)).toEqual([7]);
    expect(requests).toHaveLength(1);
  });

  it('counts the unread content of streams that the client has completed and reset', async () => {
    setLimit('TUNNEL_UNREAD_BYTES', 1_500);
    start();
    for (const id of [1, 3])
      peer.write(
        Buffer.concat([request(id), frame(DATA, END_STREAM, id, Buffer.alloc(1_000)), numberFrame(RST_STREAM, id, 8)]),
      );
    await until('both', () => requests.length === 2);
    peer.write(request(5));
    await until('the refusal', () => numbers(RST_STREAM, 5).length > 0);
    expect(requests).toHaveLength(2);
  });

  it('does not keep a whole read in memory for a few bytes of it', async () => {
    start(request(1));
    await until('the request', () => requests.length === 1);
    const { stream } = requests[0]!;
    bytes.emit('data', Buffer.concat([frame(DATA, 0, 1, Buffer.alloc(10)), frame(0x42, 0, 0, Buffer.alloc(60_000))]));
    expect((stream.read() as Buffer).buffer.byteLength).toBe(10);
  });

  it('measures a round trip, one at a time, and fails the measurement with its connection', async () => {
    start();
    const done = jest.fn();
    expect(server.ping(done)).toBe(true);
    expect(server.ping(done)).toBe(false);
    const { payload } = await until('the ping', () => sent().find(({ type, flags }) => type === PING && flags === 0));
    peer.write(Buffer.concat([frame(PING, ACK, 0, Buffer.alloc(8)), frame(PING, ACK, 0, payload)]));
    await until('the round trip', () => done.mock.calls.length > 0);
    expect(done.mock.calls).toEqual([[null, expect.any(Number)]]);
    server.ping(done);
    server.destroy();
    expect(done.mock.calls[1]).toEqual([expect.any(Error), 0]);
  });

  it.each([
    ['with an error', 8, true],
    ['without', 0, false],
  ])('ends its streams when the client announces the end %s', async (_what, code, isEnd) => {
    start(request(1), goawayFrame(0, code), frame(PING, 0, 0, Buffer.alloc(8)));
    await until(
      'the end or an answer',
      () => bytes.destroyed || sent().some(({ type, flags }) => type === PING && flags === ACK),
    );
    expect(requests[0]!.stream.destroyed).toBe(isEnd);
  });

  it('sends what was written before its own end', async () => {
    isReading = false;
    start(numberFrame(WINDOW_UPDATE, 0, 1_000_000), request(1));
    await until('the request', () => requests.length === 1);
    requests[0]!.stream.write(Buffer.alloc(60_000, 'x'));
    server.close();
    readAgain();
    expect(await goaway()).toBe(8);
    expect(received.filter((byte) => byte === 120).length).toBe(60_000);
    await until('the end', () => bytes.destroyed);
  });
});

it('reads a complete response to its end although a reset follows it in the same read', async () => {
  const [bytes, peer] = duplexPair();
  const client = new Http2Connection(bytes, 'client');
  peer.resume().write(settingsFrame([]));
  await once(client, 'settings');
  const stream = client.request(CONNECT)!;
  const failed = new Promise((resolve) => stream.on('error', resolve));
  const answer = [
    frame(HEADERS, END_HEADERS, 1, encodeHeaders({ ':status': 200 })),
    frame(DATA, 0, 1, Buffer.from('all ')),
  ];
  peer.write(
    Buffer.concat([...answer, frame(DATA, END_STREAM, 1, Buffer.from('of it')), numberFrame(RST_STREAM, 1, 2)]),
  );
  await until('the answer', () => stream.readableLength === 9);
  stream.write('discarded');
  let text = '';
  stream.on('data', (part: Buffer) => (text += part.toString()));
  expect(String(await failed)).toMatch(/reset/);
  expect([text, stream.readableEnded]).toEqual(['all of it', true]);
  client.destroy();
});

it('carries content to its end when the window becomes smaller at any point of it', async () => {
  const [near, far] = duplexPair({ highWaterMark: 64 * 1024 });
  const client = new Http2Connection(near, 'client');
  const server = new Http2Connection(far, 'server');
  await once(client, 'settings');
  for (let time = 0; time < 20; time++) {
    server.setStreamWindow(1_000_000);
    const shrinksAt = randomInt(2_000_000);
    let read = 0;
    server.once('request', (stream) =>
      stream
        .on('error', () => undefined)
        .on('data', (chunk: Buffer) => {
          read += chunk.length;
          if (read >= shrinksAt) server.setStreamWindow(50_000);
        }),
    );
    client
      .request(CONNECT)!
      .on('error', () => undefined)
      .end(Buffer.alloc(2_000_000));
    await until(`all, with a smaller window after ${shrinksAt}`, () => read === 2_000_000);
  }
  client.destroy();
  server.destroy();
});

describe('random connections', () => {
  it('are read as Node reads them, however they are cut', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const bytes = randomConnection(seed, false);
      const [platen, node] = [await readByPlaten([bytes]), await readByNode([bytes])];
      expect([seed, platen]).toEqual([seed, node]);
      expect([seed, await readByPlaten(cut(bytes, [1, 9, 30, 4_000]))]).toEqual([seed, platen]);
    }
  });

  it('with hostile frames are read or refused, the same however they are cut', async () => {
    for (let seed = 1; seed <= 400; seed++) {
      const bytes = randomConnection(seed, true);
      const whole = await readByPlaten([bytes]);
      expect([seed, await readByPlaten(cut(bytes, [1, 9, 30, 4_000]))]).toEqual([seed, whole]);
    }
  });
});
