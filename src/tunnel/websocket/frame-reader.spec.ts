import { randomBytes } from 'node:crypto';
import { clientFrame, ofServer, type ClientFrame } from '../../../test/support/relay/client-frames';
import { difference, randomStream } from '../../../test/support/relay/frame-fuzzer';
import { cut, MESSAGE_BYTES, readByPlaten, readByWs, type Reading } from '../../../test/support/relay/frame-readings';
import { FrameReader } from './frame-reader';

const [TEXT, BINARY, CLOSE, PING, PONG] = [1, 2, 8, 9, 10];
const close = (code: number, reason: Buffer | string = '') =>
  Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);
/** A frame before the one that must be refused, and one after it that must be ignored. */
const between = (frame: ClientFrame): ClientFrame[] => [{ payload: 'before' }, frame, { payload: 'after' }];
const refused = (violation: number, bytes = 'before'): Partial<Reading> => ({
  violation,
  bytes: Buffer.from(bytes),
  events: [],
});
const read = (bytes: string, ...events: string[]): Partial<Reading> => ({
  violation: undefined,
  bytes: Buffer.from(bytes),
  events,
});
const long = 'x'.repeat(70_000);

describe.each([
  ['client', 'Platen', readByPlaten],
  ['client', 'ws, the reference', readByWs],
  ['server', 'Platen', readByPlaten],
  ['server', 'ws, the reference', readByWs],
] as const)('frames of a %s, read by %s', (peer, _reader, readBy) => {
  const bytesOf = (frames: ClientFrame[]) =>
    Buffer.concat((peer === 'client' ? frames : frames.map(ofServer)).map(clientFrame));
  it.each<[string, ClientFrame[], Partial<Reading>]>([
    ['a binary message', [{ payload: 'bytes' }], read('bytes')],
    ['an empty one', [{}, { payload: 'more' }], read('more')],
    ['one of 125 bytes', [{ payload: 'x'.repeat(125) }], read('x'.repeat(125))],
    ['one of 126 bytes', [{ payload: 'x'.repeat(126) }], read('x'.repeat(126))],
    ['one as long as permitted', [{ payload: long.slice(0, MESSAGE_BYTES) }], read(long.slice(0, MESSAGE_BYTES))],
    ['a length that is longer than necessary', [{ payload: 'abc', lengthBytes: 8 }], read('abc')],
    ['a key of zeros', [{ payload: 'plain', key: Buffer.alloc(4) }], read('plain')],
    ['several', [{ payload: 'one ' }, { payload: 'two ' }, { payload: 'three' }], read('one two three')],
    [
      'fragments',
      [
        { payload: 'a', isFinal: false },
        { opcode: 0, payload: 'b', isFinal: false },
        { opcode: 0, isFinal: false },
        { opcode: 0, payload: 'c' },
        { payload: 'd' },
      ],
      read('abcd'),
    ],
    ['a text between bytes', between({ opcode: TEXT, payload: 'text' }), read('beforeafter', '6 text text')],
    ['an empty text', [{ opcode: TEXT }], read('', '0 text ')],
    [
      'a text in fragments, split within a character, and a ping between them',
      [
        { opcode: TEXT, payload: Buffer.from([0xc3]), isFinal: false },
        { opcode: PING, payload: 'now' },
        { opcode: 0, payload: Buffer.from([0xa9]) },
      ],
      read('', '0 ping now', '0 text Ã©'),
    ],
    ['a ping', between({ opcode: PING, payload: '?' }), read('beforeafter', '6 ping ?')],
    ['a ping of 125 bytes', [{ opcode: PING, payload: 'p'.repeat(125) }], read('', `0 ping ${'p'.repeat(125)}`)],
    ['a pong', between({ opcode: PONG, payload: '!' }), read('beforeafter', '6 pong')],
    ['a close, after which nothing is read', between({ opcode: CLOSE }), read('before', '6 close 1005 ')],
    ['a close with a reason', [{ opcode: CLOSE, payload: close(1000, 'bye') }], read('', '0 close 1000 bye')],
    ['the highest close code', [{ opcode: CLOSE, payload: close(4999) }], read('', '0 close 4999 ')],
    ...[1, 2, 3, 4, 5, 6, 7].map((reserved): [string, ClientFrame[], Partial<Reading>] => [
      `reserved bits ${reserved}`,
      between({ reserved, payload: 'x' }),
      refused(1002),
    ]),
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, ClientFrame[], Partial<Reading>] => [
      `opcode ${opcode}`,
      between({ opcode }),
      refused(1002),
    ]),
    [
      'a frame that is masked by a server and not by a client',
      between({ payload: 'x', key: undefined }),
      refused(1002),
    ],
    ['such a ping', between({ opcode: PING, key: undefined }), refused(1002)],
    ['a continuation of nothing', between({ opcode: 0, payload: 'x' }), refused(1002)],
    [
      'a message within a message',
      [
        { payload: 'before', isFinal: false },
        { opcode: BINARY, payload: 'x' },
      ],
      // `ws` keeps the fragment.
      { violation: 1002, events: [] },
    ],
    ['a text within a message', [{ isFinal: false }, { opcode: TEXT, payload: 'x' }], refused(1002, '')],
    ['a ping in fragments', between({ opcode: PING, isFinal: false }), refused(1002)],
    ['a close in fragments', between({ opcode: CLOSE, isFinal: false }), refused(1002)],
    ['a ping of 126 bytes', between({ opcode: PING, payload: 'x'.repeat(126) }), refused(1002)],
    ['a close with half a code', between({ opcode: CLOSE, payload: 'x' }), refused(1002)],
    ...[0, 999, 1004, 1005, 1006, 1015, 2999, 5000].map((code): [string, ClientFrame[], Partial<Reading>] => [
      `close code ${code}`,
      between({ opcode: CLOSE, payload: close(code) }),
      refused(1002),
    ]),
    [
      'a close reason that is no UTF-8',
      between({ opcode: CLOSE, payload: close(1000, Buffer.from([0xff])) }),
      refused(1007),
    ],
    ['a text that is no UTF-8', between({ opcode: TEXT, payload: Buffer.from([0xc3, 0x28]) }), refused(1007)],
    ['a surrogate in a text', between({ opcode: TEXT, payload: Buffer.from([0xed, 0xa0, 0x80]) }), refused(1007)],
    ['a message that is too long', between({ length: BigInt(MESSAGE_BYTES + 1) }), refused(1009)],
    ['a text that is too long', between({ opcode: TEXT, length: BigInt(MESSAGE_BYTES + 1) }), refused(1009)],
    ['a length of 2 to the power of 63', between({ length: 2n ** 63n }), refused(1009)],
    ['the longest length', between({ length: 2n ** 64n - 1n }), refused(1009)],
    [
      'fragments that are too long together',
      [
        { payload: 'x'.repeat(MESSAGE_BYTES), isFinal: false },
        { opcode: 0, payload: 'x' },
      ],
      { violation: 1009, events: [] },
    ],
  ])('%s', (_what, frames, expected) => {
    const bytes = bytesOf(frames);
    for (const pieces of [[bytes], cut(bytes, [1]), cut(bytes, [7]), cut(bytes, [3, 14, 1000])])
      expect(readBy(pieces, peer)).toMatchObject(expected);
  });

  it.each([
    ['the length', [0x82, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0], 1009],
    ['the first two bytes', [0x82, 0x01], 1002],
  ])('refuses as soon as %s has arrived', (_what, [first, second, ...rest], violation) => {
    const isMasked = peer === 'client' ? 0 : 0x80;
    expect(readBy([Buffer.from([first!, second! ^ isMasked, ...rest])], peer).violation).toBe(violation);
  });
});

describe('FrameReader', () => {
  it('has the content of a chunk as one piece, with room for a header before it', () => {
    const frames = [1000, 300, 1, 40].map((length) => randomBytes(length));
    const bytes = Buffer.concat(frames.map((payload) => clientFrame({ payload })));
    const seen: [start: number, content: Buffer][] = [];
    const ignore = () => undefined;
    const reader = new FrameReader(
      {
        onBytes: (chunk, start, end) => seen.push([start, Buffer.from(chunk.subarray(start, end))]),
        ...{ onText: ignore, onPing: ignore, onPong: ignore, onClose: ignore },
      },
      { messageBytes: MESSAGE_BYTES, textBytes: 100 },
    );
    // The second chunk begins within the first message.
    for (const piece of [bytes.subarray(0, 20), bytes.subarray(20)]) reader.read(Buffer.from(piece));
    expect(Buffer.concat(seen.map(([, content]) => content))).toEqual(Buffer.concat(frames));
    expect(seen).toHaveLength(2);
    expect(seen[0]![0]).toBe(8);
    expect(seen[1]![0]).toBeGreaterThanOrEqual(4);
  });

  it('reports a text that is longer than permitted once, and continues', () => {
    const texts: (string | undefined)[] = [];
    const closed: number[] = [];
    const ignore = () => undefined;
    const reader = new FrameReader(
      {
        onText: (text) => texts.push(text?.toString()),
        onClose: (code) => closed.push(code),
        ...{ onBytes: ignore, onPing: ignore, onPong: ignore },
      },
      { messageBytes: MESSAGE_BYTES, textBytes: 100 },
    );
    const frames: ClientFrame[] = [
      { opcode: TEXT, payload: 'x'.repeat(100), isFinal: false },
      { opcode: 0, payload: 'y', isFinal: false },
      { opcode: 0, payload: Buffer.from([0xff]) },
      { opcode: TEXT, payload: 'next' },
      { opcode: CLOSE },
    ];
    for (const piece of cut(Buffer.concat(frames.map(clientFrame)), [5])) reader.read(Buffer.from(piece));
    expect(texts).toEqual([undefined, 'next']);
    expect(closed).toEqual([1005]);
  });

  it.each(['client', 'server'] as const)(
    'reads random and hostile streams of a %s as `ws` does, however cut',
    (peer) => {
      for (let seed = 1; seed <= 1_500; seed++)
        expect([seed, difference(randomStream(seed, peer), peer)]).toEqual([seed, undefined]);
    },
  );
});
