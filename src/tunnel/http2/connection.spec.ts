import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { collected, CONNECT, FrameClient, request } from '../../../test/support/relay/frame-client';
import { cut } from '../../../test/support/relay/frame-readings';
import { until } from '../../../test/support/until';
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
import { encodeHeaders } from './hpack';

const NOTHING = Buffer.alloc(0);

describe('a server, at a client that writes frames', () => {
  let on: FrameClient;
  beforeEach(() => {
    on = new FrameClient();
  });
  afterEach(() => {
    jest.restoreAllMocks();
    on.stop();
  });

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
    for (const piece of cut(Buffer.concat(parts), [1 + parts.length, 5, 50_000])) on.peer.write(piece);
    expect(await on.goaway()).toBe(code);
    await until('the end', () => on.bytes.destroyed);
    expect(on.server.isOpen).toBe(false);
  });

  it.each<[string, number, Buffer[]]>([
    ['data after its end', 5, [request(1, END_HEADERS | END_STREAM), frame(DATA, 0, 1, Buffer.alloc(1))]],
    ['headers after its end', 5, [request(1, END_HEADERS | END_STREAM), request(1)]],
    ['a window update of nothing', 1, [request(1), numberFrame(WINDOW_UPDATE, 1, 0)]],
  ])('resets a stream for %s, and serves the next', async (_what, code, after) => {
    on.start(...after, request(3));
    await until('both', () => on.requests.length === 2);
    await until('the reset', () => on.numbers(RST_STREAM, 1).length > 0);
    expect(on.numbers(RST_STREAM, 1)).toEqual([code]);
    expect(on.requests.map(({ stream }) => stream.destroyed)).toEqual([true, false]);
  });

  it('ignores what arrives for streams that are closed, frames of unknown types, priorities and reserved bits', async () => {
    on.start(request(1), numberFrame(RST_STREAM, 1, 8));
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
    for (const piece of cut(Buffer.concat(later), [3, 1, 20])) on.peer.write(piece);
    await until('the other request', () => on.requests.length === 2);
    expect(on.requests[1]!.headers).toEqual(CONNECT);
    expect((await collected(on.requests[1]!.stream)).toString()).toBe('content');
  });

  it('measures a round trip, one at a time, and fails the measurement with its connection', async () => {
    on.start();
    const done = jest.fn();
    expect(on.server.ping(done)).toBe(true);
    expect(on.server.ping(done)).toBe(false);
    const { payload } = await until('the ping', () =>
      on.sent().find(({ type, flags }) => type === PING && flags === 0),
    );
    on.peer.write(Buffer.concat([frame(PING, ACK, 0, Buffer.alloc(8)), frame(PING, ACK, 0, payload)]));
    await until('the round trip', () => done.mock.calls.length > 0);
    expect(done.mock.calls).toEqual([[null, expect.any(Number)]]);
    on.server.ping(done);
    on.server.destroy();
    expect(done.mock.calls[1]).toEqual([expect.any(Error), 0]);
  });

  it.each([
    ['with an error', 8, true],
    ['without', 0, false],
  ])('ends its streams when the client announces the end %s', async (_what, code, isEnd) => {
    on.start(request(1), goawayFrame(0, code), frame(PING, 0, 0, Buffer.alloc(8)));
    await until(
      'the end or an answer',
      () => on.bytes.destroyed || on.sent().some(({ type, flags }) => type === PING && flags === ACK),
    );
    expect(on.requests[0]!.stream.destroyed).toBe(isEnd);
  });

  it('sends what was written before its own end', async () => {
    on.stopReading();
    on.start(numberFrame(WINDOW_UPDATE, 0, 1_000_000), request(1));
    await until('the request', () => on.requests.length === 1);
    on.requests[0]!.stream.write(Buffer.alloc(60_000, 'x'));
    on.server.close();
    on.readAgain();
    expect(await on.goaway()).toBe(8);
    expect(on.received.filter((byte) => byte === 120).length).toBe(60_000);
    await until('the end', () => on.bytes.destroyed);
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
