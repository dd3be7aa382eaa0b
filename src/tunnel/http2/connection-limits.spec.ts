import { randomBytes } from 'node:crypto';
import { FrameClient, request } from '../../../test/support/relay/frame-client';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import { LIMITS } from '../../protocol/limits';
import {
  DATA,
  END_STREAM,
  frame,
  INITIAL_WINDOW_SIZE,
  MAX_FRAME_SIZE,
  numberFrame,
  PING,
  PREFACE,
  RST_STREAM,
  settingsFrame,
  WINDOW_UPDATE,
} from './frames';

describe('a server with many streams, at a client that writes frames', () => {
  let on: FrameClient;
  beforeEach(() => {
    on = new FrameClient();
  });
  afterEach(() => {
    jest.restoreAllMocks();
    on.stop();
  });

  it('sends a small response behind at most one batch of a large one', async () => {
    on.stopReading();
    const settings = settingsFrame([
      [INITIAL_WINDOW_SIZE, 2 ** 30],
      [MAX_FRAME_SIZE, 64 * 1024],
    ]);
    on.peer.write(Buffer.concat([PREFACE, settings, numberFrame(WINDOW_UPDATE, 0, 2 ** 30), request(1), request(3)]));
    await until('both', () => on.requests.length === 2);
    on.requests[0]!.stream.end(Buffer.alloc(8_000_000));
    await until('a full path', () => on.bytes.writableLength > 0);
    on.requests[1]!.stream.write('click');
    on.readAgain();
    await until('the click', () => on.received.includes('click'));
    expect(on.received.indexOf('click')).toBeLessThan(400_000);
  });

  it('has streams take turns', async () => {
    on.stopReading();
    const settings = settingsFrame([[INITIAL_WINDOW_SIZE, 2 ** 30]]);
    on.start(
      settings,
      numberFrame(WINDOW_UPDATE, 0, 2 ** 30),
      ...Array.from({ length: 64 }, (_, index) => request(2 * index + 1)),
    );
    await until('all', () => on.requests.length === 64);
    for (const { stream } of on.requests) stream.end(Buffer.alloc(50_000));
    on.readAgain();
    await until(
      'all ends',
      () => on.sent().filter(({ type, flags }) => type === DATA && flags === END_STREAM).length === 64,
    );
    // Without the first, which began alone.
    const order = on.sent().flatMap(({ type, streamId }) => (type === DATA && streamId !== 1 ? [streamId] : []));
    const firstRepeated = order.findIndex((id, index) => order.indexOf(id) < index);
    expect(firstRepeated).toBe(63);
  });

  it.each([
    ['pings', () => frame(PING, 0, 0, randomBytes(8))],
    ['settings', () => settingsFrame([])],
  ])('ends the connection of a client that sends %s and does not read the answers', async (_what, question) => {
    setLimit('TUNNEL_ANSWERS_BYTES', 10_000);
    on.stopReading();
    on.start();
    for (let time = 0; time < 20_000 && on.server.isOpen; time++) {
      on.peer.write(question());
      if (time % 100 === 0) await new Promise(setImmediate);
    }
    expect(on.bytes.destroyed).toBe(true);
  });

  it('ends the connection of a client that opens and resets streams', async () => {
    setLimit('TUNNEL_RESETS_PER_SECOND', 0); // a busy machine sends fewer than are permitted
    on.stop();
    on = new FrameClient();
    on.start();
    for (let id = 1; id < 2 * LIMITS.TUNNEL_RESETS + 400 && on.server.isOpen; id += 2) {
      on.peer.write(Buffer.concat([request(id), numberFrame(RST_STREAM, id, 8)]));
      if (id % 100 === 1) await new Promise(setImmediate);
    }
    expect(await on.goaway()).toBe(0xb);
  });

  it.each([
    ['streams at a time', 'TUNNEL_STREAMS'],
    ['unread content', 'TUNNEL_UNREAD_BYTES'],
  ] as const)('refuses a stream beyond its %s', async (_what, limit) => {
    setLimit(limit, 1);
    on.start(request(1), frame(DATA, 0, 1, Buffer.alloc(1_000)));
    await until('its content', () => on.requests[0]?.stream.readableLength === 1_000);
    on.peer.write(request(3));
    await until('the refusal', () => on.numbers(RST_STREAM, 3).length > 0);
    expect(on.numbers(RST_STREAM, 3)).toEqual([7]);
    expect(on.requests).toHaveLength(1);
  });

  it('counts the unread content of streams that the client has completed and reset', async () => {
    setLimit('TUNNEL_UNREAD_BYTES', 1_500);
    on.start();
    for (const id of [1, 3])
      on.peer.write(
        Buffer.concat([request(id), frame(DATA, END_STREAM, id, Buffer.alloc(1_000)), numberFrame(RST_STREAM, id, 8)]),
      );
    await until('both', () => on.requests.length === 2);
    on.peer.write(request(5));
    await until('the refusal', () => on.numbers(RST_STREAM, 5).length > 0);
    expect(on.requests).toHaveLength(2);
  });

  it('does not keep a whole read in memory for a few bytes of it', async () => {
    on.start(request(1));
    await until('the request', () => on.requests.length === 1);
    const { stream } = on.requests[0]!;
    on.bytes.emit(
      'data',
      Buffer.concat([frame(DATA, 0, 1, Buffer.alloc(10)), frame(0x42, 0, 0, Buffer.alloc(60_000))]),
    );
    expect((stream.read() as Buffer).buffer.byteLength).toBe(10);
  });
});
