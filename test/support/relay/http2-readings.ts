import { performServerHandshake } from 'node:http2';
import { duplexPair, type Duplex } from 'node:stream';
import { Http2Connection } from '../../../src/tunnel/http2/connection';
import {
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  GOAWAY,
  HEADERS,
  numberFrame,
  PADDED,
  PING,
  PREFACE,
  PRIORITY,
  RST_STREAM,
  SETTINGS,
  settingsFrame,
  WINDOW_UPDATE,
  WITH_PRIORITY,
} from '../../../src/tunnel/http2/frames';
import { encodeHeaders } from '../../../src/tunnel/http2/hpack';
import { dice } from './frame-fuzzer';

/** What a server has read from a client: its requests, their content, and how it ended. */
export interface ConnectionReading {
  /** `id authority x-number content end|open`, or `reset` in place of the last two. */
  readonly streams: string[];
  /** It has answered a ping behind all of it, waits for the rest of a frame, or the code with which it has ended. */
  readonly ending: 'answered' | 'waiting' | number;
}

type Serve = (bytes: Duplex, onRequest: (id: number, stream: Duplex, headers: Record<string, unknown>) => void) => void;

/** Read by Platen. */
export const readByPlaten = (pieces: readonly Buffer[]): Promise<ConnectionReading> =>
  readBy(pieces, (bytes, onRequest) => {
    new Http2Connection(bytes, 'server').on('request', (stream, headers) => onRequest(stream.id, stream, headers));
  });

/** Read by Node, the reference for what is valid. */
export const readByNode = (pieces: readonly Buffer[]): Promise<ConnectionReading> =>
  readBy(pieces, (bytes, onRequest) => {
    const session = performServerHandshake(bytes, { settings: { initialWindowSize: 1024 * 1024 } });
    session.on('error', () => undefined);
    session.on('stream', (stream, headers) => onRequest(stream.id!, stream, headers));
  });

const [MARK, UNANSWERED] = [Buffer.from('the mark'), Buffer.from('an other')];

async function readBy(pieces: readonly Buffer[], serve: Serve): Promise<ConnectionReading> {
  const [bytes, peer] = duplexPair();
  const streams = new Map<number, { head: string; content: Buffer[]; state: 'open' | 'end' | 'reset' }>();
  serve(bytes, (id, stream, headers) => {
    const head = `${id} ${String(headers[':authority'])} ${String(headers['x-number'])}`;
    const seen = { head, content: [] as Buffer[], state: 'open' as 'open' | 'end' | 'reset' };
    streams.set(id, seen);
    stream.on('data', (part: Buffer) => seen.content.push(part));
    stream.on('end', () => (seen.state = 'end'));
    stream.on('error', () => undefined);
    stream.on('close', () => seen.state === 'open' && (seen.state = 'reset'));
  });
  let sent = Buffer.alloc(0);
  peer.on('error', () => undefined);
  peer.on('data', (part: Buffer) => (sent = Buffer.concat([sent, part])));
  for (const piece of pieces) peer.write(piece);
  // It is read at once, and answered unless it is within a frame that has not ended.
  await new Promise<void>((done) => {
    bytes.on('close', done);
    peer.write(frame(PING, 0, 0, MARK), () => done());
  });
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
  const ending = endIn(sent);
  const isRefused = typeof ending === 'number';
  const shown = [...streams.values()].map(({ head, content, state }) => {
    // How much of a stream was passed on before it was cut depends on when its reader came.
    if (isRefused || state === 'reset') return isRefused ? head : `${head} reset`;
    return `${head} ${Buffer.concat(content).toString('hex')} ${state}`;
  });
  bytes.on('error', () => undefined).destroy();
  peer.destroy();
  return { streams: shown, ending };
}

function endIn(sent: Buffer): ConnectionReading['ending'] {
  for (let at = 0; at + 9 <= sent.length;) {
    const [length, type, flags] = [sent.readUIntBE(at, 3), sent[at + 3], sent[at + 4]];
    const payload = sent.subarray(at + 9, at + 9 + length);
    if (payload.length < length) break;
    if (type === GOAWAY) return payload.readUInt32BE(4);
    if (type === PING && flags === 1 && payload.equals(MARK)) return 'answered';
    at += 9 + length;
  }
  return 'waiting';
}

/** The bytes of a client, valid or with hostile frames between. */
export function randomConnection(seed: number, isHostile: boolean): Buffer {
  const roll = dice(seed);
  const chance = (percent: number) => roll(100) < percent;
  const one = <T>(values: readonly T[]) => values[roll(values.length)]!;
  const content = (length: number) => Buffer.alloc(length, roll(256));
  const parts = [
    PREFACE,
    settingsFrame(
      chance(50)
        ? []
        : [
            [0x42, 7],
            [4, 70_000],
          ],
    ),
  ];
  const open: number[] = [];
  let last = -1;

  const request = (): Buffer[] => {
    open.push((last += 2));
    const block = encodeHeaders({
      ':method': 'CONNECT',
      ':authority': `app${roll(9)}`,
      'x-number': 'n'.repeat(roll(60)),
    });
    const at = chance(30) ? roll(block.length - 1) + 1 : block.length;
    const isWhole = at === block.length;
    const [padding, hasPriority] = [chance(20) ? roll(30) : 0, chance(20)];
    const payload = Buffer.concat([
      padding > 0 ? Buffer.of(padding) : Buffer.alloc(0),
      hasPriority ? Buffer.of(0, 0, 0, 0, 15) : Buffer.alloc(0),
      block.subarray(0, at),
      Buffer.alloc(padding),
    ]);
    const flags = (isWhole ? END_HEADERS : 0) | (padding > 0 ? PADDED : 0) | (hasPriority ? WITH_PRIORITY : 0);
    const first = frame(HEADERS, flags, last, payload);
    return isWhole ? [first] : [first, frame(CONTINUATION, END_HEADERS, last, block.subarray(at))];
  };
  const data = (): Buffer => {
    const id = one(open);
    const isLast = chance(20);
    if (isLast) open.splice(open.indexOf(id), 1);
    const bytes = content(one([0, 1, 2, 100, 1_000]));
    const padding = chance(20) ? roll(40) : undefined;
    const payload = padding === undefined ? bytes : Buffer.concat([Buffer.of(padding), bytes, Buffer.alloc(padding)]);
    return frame(DATA, (isLast ? END_STREAM : 0) | (padding === undefined ? 0 : PADDED), id, payload);
  };
  const reset = (): Buffer => {
    const id = one(open);
    open.splice(open.indexOf(id), 1);
    return numberFrame(RST_STREAM, id, 2);
  };
  const harmless = (): Buffer =>
    one([
      () => frame(PING, 0, 0, UNANSWERED),
      () => frame(0x42 + roll(100), roll(256), roll(5), content(roll(50))),
      () => numberFrame(WINDOW_UPDATE, 0, 1 + roll(1000)),
      () => settingsFrame([[4, 60_000 + roll(10_000)]]),
      () => frame(PRIORITY, 0, 1 + 2 * roll(20), Buffer.of(0, 0, 0, 0, 16)),
    ])();
  const hostile = (): Buffer =>
    one([
      () => frame(roll(12), roll(256), roll(8), content(roll(20))),
      () =>
        frame(
          one([DATA, HEADERS, SETTINGS, PING, GOAWAY, WINDOW_UPDATE]),
          roll(256),
          one([0, 1, 3, Math.max(1, last)]),
          content(one([0, 4, 5, 6, 8, 12])),
        ),
      () => content(roll(40)),
    ])();

  for (let count = 5 + roll(40); count > 0; count--) {
    if (isHostile && chance(6)) parts.push(hostile());
    else if (open.length === 0 || chance(15)) parts.push(...request());
    else if (chance(5)) parts.push(reset());
    else parts.push(chance(75) ? data() : harmless());
  }
  return Buffer.concat(parts);
}
