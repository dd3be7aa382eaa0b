import { once } from 'node:events';
import { Duplex, PassThrough } from 'node:stream';
import { until } from '../../../../test/support/until';
import { rfbViewOnly } from './rfb-view-only';

const ascii = (text: string) => Buffer.from(text, 'latin1');
const bytes = (...values: number[]) => Buffer.from(values);
const u32 = (value: number) => {
  const made = Buffer.alloc(4);
  made.writeInt32BE(value | 0);
  return made;
};
const join = (...parts: Buffer[]) => Buffer.concat(parts);

/** A server whose bytes the test controls. */
function played() {
  const [speaks, hears] = [new PassThrough(), new PassThrough()];
  const server = Duplex.from({ readable: speaks, writable: hears });
  server.on('error', () => undefined);
  const refusals: string[] = [];
  const client = rfbViewOnly(server, (reason) => refusals.push(reason));
  client.on('error', () => undefined);
  const [heard, seen]: [Buffer[], Buffer[]] = [[], []];
  hears.on('data', (data: Buffer) => heard.push(data));
  client.on('data', (data: Buffer) => seen.push(data));
  return {
    client,
    speaks,
    refusals,
    /** Bytes that have reached the server and the client. */
    heard: () => Buffer.concat(heard),
    seen: () => Buffer.concat(seen),
  };
}
type Played = ReturnType<typeof played>;

const V38 = ascii('RFB 003.008\n');
const V37 = ascii('RFB 003.007\n');
const V33 = ascii('RFB 003.003\n');
const CHALLENGE = Buffer.alloc(16, 0xcc);
const RESPONSE = Buffer.alloc(16, 0x04); // looks like key events
const OK = u32(0);
const SERVER_INIT = join(bytes(0, 64, 0, 48), Buffer.alloc(16), u32(3), ascii('mfp'));

interface Turn {
  readonly from: 'server' | 'client';
  readonly bytes: Buffer;
  /** Bytes at the other end, if they differ. */
  readonly becomes?: Buffer;
}
const server = (...parts: Buffer[]): Turn => ({ from: 'server', bytes: join(...parts) });
const client = (...parts: Buffer[]): Turn => ({ from: 'client', bytes: join(...parts) });
const becomes = (turn: Turn, ...parts: Buffer[]): Turn => ({ ...turn, becomes: join(...parts) });

/** Plays turns in order; each has arrived before the next one starts. */
async function play(it: Played, turns: readonly Turn[], pieceBytes = Infinity): Promise<void> {
  let [heard, seen] = [it.heard(), it.seen()];
  for (const turn of turns) {
    const to = turn.from === 'server' ? it.speaks : it.client;
    for (let at = 0; at < turn.bytes.length; at += pieceBytes) to.write(turn.bytes.subarray(at, at + pieceBytes));
    const out = turn.becomes ?? turn.bytes;
    if (turn.from === 'server') seen = join(seen, out);
    else heard = join(heard, out);
    const [wantHeard, wantSeen] = [heard.length, seen.length];
    await until('the turn came through', () => it.heard().length >= wantHeard && it.seen().length >= wantSeen);
    expect(it.heard().toString('hex')).toBe(heard.toString('hex'));
    expect(it.seen().toString('hex')).toBe(seen.toString('hex'));
  }
}

const EXCLUSIVE = bytes(0);
const SHARED = bytes(1);
const HANDSHAKES: [string, Turn[]][] = [
  ['3.8, None', [server(V38), client(V38), server(bytes(1, 1)), client(bytes(1)), server(OK)]],
  [
    '3.8, VNC authentication',
    [server(V38), client(V38), server(bytes(1, 2)), client(bytes(2)), server(CHALLENGE), client(RESPONSE), server(OK)],
  ],
  [
    '3.8, with other security types, which are left out',
    [server(V38), client(V38), becomes(server(bytes(4, 16, 2, 19, 1)), bytes(2, 2, 1)), client(bytes(1)), server(OK)],
  ],
  ['3.7, None', [server(V38), client(V37), server(bytes(1, 1)), client(bytes(1))]],
  [
    '3.7, VNC authentication',
    [server(V37), client(V37), server(bytes(1, 2)), client(bytes(2)), server(CHALLENGE), client(RESPONSE), server(OK)],
  ],
  ['3.3, None', [server(V33), client(V33), server(u32(1))]],
  [
    '3.3, VNC authentication',
    [server(V38), client(V33), server(u32(2)), server(CHALLENGE), client(RESPONSE), server(OK)],
  ],
  ['3.8 with a server of 4.1', [server(ascii('RFB 004.001\n')), client(V38), server(bytes(1, 1)), client(bytes(1))]],
  ['3.3 with a server of 3.6', [server(ascii('RFB 003.006\n')), client(V33), server(u32(1))]],
].map(([name, turns]) => [
  name as string,
  [...(turns as Turn[]), becomes(client(EXCLUSIVE), SHARED), server(SERVER_INIT)],
]);
const NONE_38 = HANDSHAKES[0]![1];

const setEncodings = (...encodings: number[]) => join(bytes(2, 0, 0, encodings.length), ...encodings.map(u32));
const UPDATE_REQUEST = bytes(3, 1, 0, 0, 0, 0, 0, 64, 0, 48);
const PIXEL_FORMAT = join(bytes(0, 0, 0, 0), Buffer.alloc(16, 4));
const KEY = join(bytes(4, 1, 0, 0), u32(0xff0d));
const POINTER = bytes(5, 1, 0, 3, 0, 3);
const cutText = (text: Buffer) => join(bytes(6, 0, 0, 0), u32(text.length), text);
const NOTHING = Buffer.alloc(0);

/** Messages of a client, and the bytes that reach the server. */
const MESSAGES: [string, Buffer, Buffer][] = [
  ['SetPixelFormat', PIXEL_FORMAT, PIXEL_FORMAT],
  ['FramebufferUpdateRequest', UPDATE_REQUEST, UPDATE_REQUEST],
  ['KeyEvent', KEY, NOTHING],
  ['PointerEvent', POINTER, NOTHING],
  ['ClientCutText', cutText(Buffer.alloc(10_000, 4)), NOTHING],
  ['an empty ClientCutText', cutText(NOTHING), NOTHING],
  ['SetEncodings', setEncodings(7, 16, 5, 0), setEncodings(7, 16, 5, 0)],
  ['SetEncodings without any', setEncodings(), setEncodings()],
  [
    'SetEncodings with cursor, desktop size, quality and compression',
    setEncodings(1, 2, 6, -239, -223, -32, -23, -256, -247),
    setEncodings(1, 2, 6, -239, -223, -32, -23, -256, -247),
  ],
  [
    'SetEncodings with extensions that add messages',
    // extended desktop size, QEMU keys, fence, continuous updates, extended clipboard, xvp, GII, tight's own
    setEncodings(7, -308, -258, -312, -313, 0xc0a1e5ce, -309, -305, -33, -22, -257, -246, 0x574d5600, -239),
    setEncodings(7, -239),
  ],
  ['input between requests', join(UPDATE_REQUEST, KEY, POINTER, UPDATE_REQUEST), join(UPDATE_REQUEST, UPDATE_REQUEST)],
  ['a text that looks like requests', cutText(join(UPDATE_REQUEST, KEY)), NOTHING],
];

describe('rfbViewOnly', () => {
  it.each(HANDSHAKES)('completes the handshake: %s', async (_name, turns) => {
    const it = played();
    await play(it, [...turns, client(UPDATE_REQUEST), becomes(client(KEY, UPDATE_REQUEST), UPDATE_REQUEST)]);
    expect(it.refusals).toEqual([]);
  });

  it.each(HANDSHAKES)('completes the handshake, one byte at a time: %s', async (_name, turns) => {
    const it = played();
    await play(it, [...turns, becomes(client(KEY, POINTER, UPDATE_REQUEST), UPDATE_REQUEST)], 1);
    expect(it.refusals).toEqual([]);
  });

  it.each(MESSAGES)('%s', async (_name, sent, reaches) => {
    for (const pieceBytes of [Infinity, 1, 3]) {
      const it = played();
      await play(it, [...NONE_38, becomes(client(sent, UPDATE_REQUEST), reaches, UPDATE_REQUEST)], pieceBytes);
    }
  });

  it('passes the screen unchanged, in both directions at once', async () => {
    const screen = Buffer.alloc(3_000_000, 0xff);
    await play(played(), [...NONE_38, client(UPDATE_REQUEST), server(screen)], 64 * 1024);
  });

  it.each<[string, Turn[], Turn, RegExp]>([
    ['an unknown message', NONE_38, client(bytes(255, 0)), /message type 255/],
    ['a message of an extension', NONE_38, client(bytes(251, 0, 0, 10)), /message type 251/],
    ['a text that is too long', NONE_38, client(bytes(6, 0, 0, 0), u32(0x40000000)), /text of 1073741824 bytes/],
    ['an extended clipboard message', NONE_38, client(bytes(6, 0, 0, 0), u32(-8)), /text of 4294967288 bytes/],
    ['too many encodings', NONE_38, client(bytes(2, 0, 0x40, 0)), /16384 encodings/],
    ['a client of another version', [server(V38)], client(ascii('RFB 003.005\n')), /RFB 3\.5 is not supported/],
    ['a client newer than the server', [server(V33)], client(V38), /RFB 3\.8 is not supported/],
    ['a client that is not RFB', [server(V38)], client(ascii('GET / HTTP/1')), /not RFB/],
    ['a server that is not RFB', [], server(ascii('HTTP/1.1 200')), /not RFB/],
    ['a client that sends first', [], client(V38), /client sent data before the server$/],
    ['a client that chooses too early', [server(V38), client(V38)], client(bytes(1)), /before the server had listed/],
    [
      'a client that chooses a type that was not offered',
      [server(V38), client(V38), server(bytes(1, 2))],
      client(bytes(1)),
      /security type 1, which was not offered/,
    ],
    ['a server that sends out of turn', [server(V38)], server(bytes(1, 1)), /server sent data before the client/],
  ])('closes on %s, and none of its bytes reach the server', async (_name, before, last, reason) => {
    const it = played();
    await play(it, before);
    const heard = it.heard().toString('hex');
    const closed = new Promise((done) => it.client.once('close', done));
    (last.from === 'server' ? it.speaks : it.client).write(last.bytes);
    await closed;
    expect(it.refusals).toEqual([expect.stringMatching(reason)]);
    expect(it.heard().toString('hex')).toBe(heard);
  });

  it.each([
    ['3.8', V38, bytes(2, 16, 19), 5],
    ['3.7', V37, bytes(1, 30), 5],
    ['3.3', V33, u32(16), 8],
  ])(
    'reports to a client of %s in RFB that no security type is supported',
    async (_version, version, types, headBytes) => {
      const it = played();
      await play(it, [server(V38), client(version)]);
      const ended = once(it.client, 'end');
      it.speaks.write(types);
      await ended;
      const farewell = it.seen().subarray(V38.length);
      expect(farewell.readUIntBE(0, headBytes - 4)).toBe(0);
      expect(farewell.readUInt32BE(headBytes - 4)).toBe(farewell.length - headBytes);
      expect(farewell.toString('latin1', headBytes)).toMatch(/View-only access is not possible/);
      expect(it.refusals).toHaveLength(1);
      it.client.write(join(bytes(1, 1), KEY));
      await new Promise((done) => setImmediate(done));
      expect(it.heard().length).toBe(version.length);
    },
  );

  it('passes the reason of a server that refuses the connection', async () => {
    await play(played(), [server(V38), client(V38), server(bytes(0), u32(4), ascii('busy'))]);
  });

  it('ends with the server', async () => {
    const it = played();
    await play(it, NONE_38);
    const ended = once(it.client, 'end');
    it.speaks.end();
    await ended;
  });
});
