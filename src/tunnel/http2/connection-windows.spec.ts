import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { duplexPair } from 'node:stream';
import { CONNECT, FrameClient, request } from '../../../test/support/relay/frame-client';
import { until } from '../../../test/support/until';
import { Http2Connection } from './connection';
import {
  ACK,
  DATA,
  END_STREAM,
  frame,
  frameHeader,
  INITIAL_WINDOW_SIZE,
  MAX_FRAME_SIZE,
  numberFrame,
  PREFACE,
  RST_STREAM,
  SETTINGS,
  settingsFrame,
  WINDOW_UPDATE,
} from './frames';

const NOTHING = Buffer.alloc(0);

describe('the windows of a server, at a client that writes frames', () => {
  let on: FrameClient;
  beforeEach(() => {
    on = new FrameClient();
  });
  afterEach(() => {
    jest.restoreAllMocks();
    on.stop();
  });

  it('refuses more than its windows, and returns credit for a stream only for what is read', async () => {
    on.start(request(1));
    await until('the request', () => on.requests.length === 1);
    const { stream } = on.requests[0]!;
    on.server.setConnectionWindow(10 * 1024 * 1024);
    const part = frame(DATA, 0, 1, Buffer.alloc(32 * 1024));
    for (let time = 0; time < 32; time++) on.peer.write(part);
    await until('a full window', () => stream.receiveWindow === 0);
    expect(on.numbers(WINDOW_UPDATE, 1)).toEqual([]);
    stream.resume();
    await until('credit', () => on.numbers(WINDOW_UPDATE, 1).reduce((sum, more) => sum + more, 0) >= 512 * 1024);
    stream.pause();
    const left = stream.receiveWindow;
    for (let time = 0; time <= left / (32 * 1024); time++) on.peer.write(part);
    await until('the reset', () => on.numbers(RST_STREAM, 1).length > 0);
    expect(on.numbers(RST_STREAM, 1)).toEqual([3]);
    expect(on.server.isOpen).toBe(true);
  });

  it('refuses more than the window of the connection', async () => {
    on.start(request(1));
    for (let time = 0; time < 8; time++) on.peer.write(frame(DATA, 0, 1, Buffer.alloc(8 * 1024 - 1)));
    await until('credit', () => on.numbers(WINDOW_UPDATE, 0).length > 0);
    // All at once, more than there can be credit for.
    on.peer.write(frameHeader(64 * 1024, DATA, 0, 1));
    on.peer.write(Buffer.alloc(64 * 1024));
    on.peer.write(frameHeader(64 * 1024, DATA, 0, 1));
    expect(await on.goaway()).toBe(3);
  });

  it('accepts what the peer sends before it has seen a smaller window, and refuses it afterwards', async () => {
    on.server.setConnectionWindow(10 * 1024 * 1024);
    on.start(frame(SETTINGS, ACK, 0, NOTHING), request(1), request(3));
    await until('both', () => on.requests.length === 2);
    on.server.setStreamWindow(100_000);
    const large = Buffer.concat(Array.from({ length: 3 }, () => frame(DATA, 0, 1, Buffer.alloc(60_000))));
    on.peer.write(large);
    await until('its content', () => on.requests[0]!.stream.readableLength === 180_000);
    on.peer.write(
      Buffer.concat([
        frame(SETTINGS, ACK, 0, NOTHING),
        frame(DATA, 0, 3, Buffer.alloc(60_000)),
        frame(DATA, 0, 3, Buffer.alloc(60_000)),
      ]),
    );
    await until('the reset', () => on.numbers(RST_STREAM, 3).length > 0);
    expect(on.numbers(RST_STREAM, 3)).toEqual([3]);
  });

  it('returns credit for what was read already once the peer has acknowledged a smaller window', async () => {
    on.server.setConnectionWindow(10 * 1024 * 1024);
    const content = Array.from({ length: 8 }, () => frame(DATA, 0, 1, Buffer.alloc(50_000)));
    on.start(frame(SETTINGS, ACK, 0, NOTHING), request(1), ...content);
    await until('the stream', () => on.requests.length === 1);
    let read = 0;
    on.requests[0]!.stream.on('data', (chunk: Buffer) => (read += chunk.length));
    await until('its content', () => read === 400_000);
    expect(on.numbers(WINDOW_UPDATE, 1)).toEqual([]); // less than half of the window
    on.server.setStreamWindow(200_000);
    on.peer.write(frame(SETTINGS, ACK, 0, NOTHING)); // its window is below zero now: it sends nothing until there is credit
    await until('the credit', () => on.numbers(WINDOW_UPDATE, 1).length > 0);
    expect(on.numbers(WINDOW_UPDATE, 1)).toEqual([400_000]);
  });

  it('sends no more than the windows and frames of the peer permit', async () => {
    on.peer.write(Buffer.concat([PREFACE, settingsFrame([[INITIAL_WINDOW_SIZE, 100]]), request(1), request(3)]));
    await until('both', () => on.requests.length === 2);
    for (const { stream } of on.requests) stream.end(Buffer.alloc(40_000));
    const lengths = (streamId: number) =>
      on.sent().flatMap((each) => (each.type === DATA && each.streamId === streamId ? [each.payload.length] : []));
    await until('both windows', () => lengths(1).length + lengths(3).length === 2);
    expect([lengths(1), lengths(3)]).toEqual([[100], [100]]);
    on.peer.write(settingsFrame([[INITIAL_WINDOW_SIZE, 50]])); // both windows are negative now
    on.peer.write(numberFrame(WINDOW_UPDATE, 1, 60));
    await until('what fits', () => lengths(1).length === 2);
    on.peer.write(
      settingsFrame([
        [INITIAL_WINDOW_SIZE, 39_000],
        [MAX_FRAME_SIZE, 20_000],
      ]),
    );
    await until('what the connection permits', () => lengths(3).length > 1);
    on.peer.write(
      Buffer.concat([
        numberFrame(WINDOW_UPDATE, 0, 100_000),
        numberFrame(WINDOW_UPDATE, 1, 2_000),
        numberFrame(WINDOW_UPDATE, 3, 2_000),
      ]),
    );
    await until(
      'both ends',
      () => on.sent().filter(({ type, flags }) => type === DATA && flags === END_STREAM).length === 2,
    );
    for (const id of [1, 3]) expect(lengths(id).reduce((sum, length) => sum + length, 0)).toBe(40_000);
    expect(lengths(1).slice(0, 2)).toEqual([100, 10]);
    expect(Math.max(...lengths(1), ...lengths(3))).toBeLessThanOrEqual(20_000);
  });
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
