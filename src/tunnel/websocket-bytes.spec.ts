import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { setLimit } from '../../test/support/relay/test-relay';
import { until } from '../../test/support/until';
import { LIMITS } from '../protocol/limits';
import type { EndToEndMessage } from '../protocol/relay-messages';
import { OffsetOutOfRange } from './replay-buffer';
import { WebSocketBytes, type BytesSocket } from './websocket-bytes';

/** The parts of a WebSocket that are used; the test carries what is sent. */
class ScriptedSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  isPaused = false;
  readonly sent: (Buffer | string)[] = [];

  send(text: string): void {
    this.sent.push(text);
  }
  sendPieces(pieces: readonly Buffer[]): boolean {
    if (pieces.length > 0) this.sent.push(Buffer.concat(pieces));
    return true;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
  }
  get texts(): EndToEndMessage[] {
    return this.sent.filter((each) => typeof each === 'string').map((text) => JSON.parse(text) as EndToEndMessage);
  }
}
const asSocket = (socket: ScriptedSocket) => socket as unknown as BytesSocket;

/** One end of a session. */
class End {
  readonly bytes: WebSocketBytes;
  readonly #got: Buffer[] = [];

  constructor(
    public socket = new ScriptedSocket(),
    isResumable = true,
  ) {
    this.bytes = new WebSocketBytes(asSocket(socket), true);
    this.bytes.on('data', (part: Buffer) => this.#got.push(part));
    this.bytes.setResumable(isResumable);
  }

  get got(): string {
    return Buffer.concat(this.#got).toString();
  }

  take(message: Buffer | string): void {
    if (typeof message === 'string') this.bytes.heed(JSON.parse(message) as EndToEndMessage);
    else this.socket.emit('bytes', message, 0, message.length);
  }
}

/** Two ends, and what a relay does between them. */
class Path {
  readonly device = new End();
  readonly terminal = new End();
  #renewals = 0;

  /** Carries what both ends send; after so many bytes from one of them, the rest of that message is lost. */
  async carry(from: 'device' | 'terminal' = 'device', bytes = Infinity): Promise<void> {
    let left = bytes;
    for (let idle = 0; idle < 2; idle++) {
      for (const [sender, receiver] of [
        [this.device, this.terminal],
        [this.terminal, this.device],
      ] as const) {
        const message = sender.socket.sent.shift();
        if (message === undefined) continue;
        idle = 0;
        if (typeof message === 'string' || sender !== this[from] || message.length < left) {
          if (typeof message !== 'string' && sender === this[from]) left -= message.length;
          receiver.take(message);
          continue;
        }
        if (left > 0) receiver.take(message.subarray(0, left));
        return;
      }
      await turn();
    }
  }

  /** The half continues over another WebSocket; what the other one has sent on the way reaches that. */
  renew(half: 'device' | 'terminal'): void {
    const [resumed, other] = half === 'device' ? [this.device, this.terminal] : [this.terminal, this.device];
    resumed.socket = new ScriptedSocket();
    const renewal = ++this.#renewals;
    resumed.bytes.renew(renewal, asSocket(resumed.socket));
    other.bytes.renew(renewal);
  }
}

const SENT = { device: ['a', 'bc', 'defg', 'hijkl'], terminal: ['1', '23', '4567'] };
const all = { device: SENT.device.join(''), terminal: SENT.terminal.join('') };
const halves = ['device', 'terminal'] as const;

/** An exchange in which the path breaks, once or twice, after so many bytes from one half. */
async function exchange(breaks: { from: (typeof halves)[number]; after: number; resumes: (typeof halves)[number] }[]) {
  const path = new Path();
  for (const half of halves) for (const piece of SENT[half]) path[half].bytes.write(piece);
  await turn();
  for (const { from, after, resumes } of breaks) {
    await path.carry(from, after);
    path.renew(resumes);
  }
  for (const half of halves) path[half].bytes.write('.');
  await path.carry();
  return { device: path.device.got, terminal: path.terminal.got };
}
const whole = { device: `${all.terminal}.`, terminal: `${all.device}.` };
/** 0 to the length. */
const offsets = (length: number) => Array.from({ length: length + 1 }, (_, at) => at);

describe('a byte stream that continues over another WebSocket', () => {
  afterEach(() => jest.restoreAllMocks());

  it.each(
    halves.flatMap((from) =>
      offsets(all[from].length).flatMap((after) => halves.map((resumes) => ({ from, after, resumes }))),
    ),
  )('is whole if $after bytes of the $from arrive and the $resumes resumes', async (only) => {
    expect(await exchange([only])).toEqual(whole);
  });

  it.each(halves.flatMap((first) => halves.map((second) => [first, second] as const)))(
    'is whole if the %s resumes and, while bytes are sent again, the %s',
    async (first, second) => {
      for (const after of offsets(all.device.length))
        for (const again of offsets(all.device.length))
          expect(
            await exchange([
              { from: 'device', after, resumes: first },
              { from: 'device', after: again, resumes: second },
            ]),
          ).toEqual(whole);
    },
  );

  it('sends nothing over a renewed path before the other end has said what it has', async () => {
    const { bytes, socket } = new End();
    bytes.write('lost');
    bytes.renew(1);
    bytes.write('later');
    await turn();
    expect(socket.sent.splice(0)).toEqual([Buffer.from('lost'), '{"type":"continue","renewal":1,"received":0}']);
    bytes.heed({ type: 'continue', renewal: 1, received: 2 });
    expect(Buffer.concat(socket.sent as Buffer[]).toString()).toBe('stlater');
  });

  it('ignores what belongs to an earlier renewal', () => {
    const end = new End();
    end.bytes.write('lost');
    end.bytes.renew(1);
    end.bytes.renew(2);
    end.bytes.heed({ type: 'continue', renewal: 1, received: 4 });
    end.take(Buffer.from('stale'));
    end.bytes.heed({ type: 'continue', renewal: 2, received: 1 });
    expect(String(end.socket.sent.at(-1))).toBe('ost');
    end.take(Buffer.from('valid'));
    end.bytes.renew(3);
    expect(end.socket.texts.at(-1)).toEqual({ type: 'continue', renewal: 3, received: 5 });
  });

  it.each<[string, EndToEndMessage]>([
    ['acknowledges more than was sent', { type: 'acknowledge', received: 5 }],
    ['acknowledges less than before', { type: 'acknowledge', received: 1 }],
    ['continues beyond what was sent', { type: 'continue', renewal: 1, received: 5 }],
    ['continues before what it has acknowledged', { type: 'continue', renewal: 1, received: 1 }],
    ['knows no bounds', { type: 'continue', renewal: 1, received: Number.MAX_SAFE_INTEGER }],
  ])('refuses an end that %s', (_what, message) => {
    const { bytes } = new End();
    bytes.write('sent');
    bytes.heed({ type: 'acknowledge', received: 2 });
    bytes.renew(1);
    expect(() => bytes.heed(message)).toThrow(OffsetOutOfRange);
  });

  it('holds back as soon as its buffer is full, until there is an acknowledgement', async () => {
    setLimit('RESUME_BUFFER_BYTES', 10);
    const { bytes } = new End();
    const written: string[] = [];
    for (const piece of ['12345678', '90', 'abc']) bytes.write(piece, () => written.push(piece));
    await turn();
    expect(written).toEqual(['12345678']);
    bytes.heed({ type: 'acknowledge', received: 4 });
    await turn();
    expect(written).toEqual(['12345678', '90', 'abc']);
  });

  it('acknowledges after so many bytes at once, and the rest after a while', async () => {
    setLimit('RESUME_ACKNOWLEDGE_BYTES', 4);
    setLimit('RESUME_ACKNOWLEDGE_MS', 1);
    const end = new End();
    end.take(Buffer.from('12345'));
    expect(end.socket.texts).toEqual([{ type: 'acknowledge', received: 5 }]);
    end.take(Buffer.from('6'));
    await until('the other acknowledgement', () => end.socket.texts.length > 1);
    expect(end.socket.texts.at(-1)).toEqual({ type: 'acknowledge', received: 6 });
  });

  it('neither keeps nor acknowledges anything if the other end is not resumable', async () => {
    setLimit('RESUME_BUFFER_BYTES', 1);
    setLimit('RESUME_ACKNOWLEDGE_BYTES', 1);
    const end = new End(undefined, false);
    const written: string[] = [];
    for (const piece of ['1', '2', '3']) end.bytes.write(piece, () => written.push(piece));
    end.take(Buffer.from('12345'));
    await turn();
    expect(written).toEqual(['1', '2', '3']);
    expect(end.socket.texts).toEqual([]);
  });

  it('fails a write that waits when it is destroyed', async () => {
    setLimit('RESUME_BUFFER_BYTES', 1);
    const { bytes } = new End();
    const failed = new Promise((resolve) => bytes.write('waits', resolve));
    bytes.destroy();
    expect(await failed).toBeInstanceOf(Error);
  });

  it('keeps more than a tunnel may have in flight, which therefore never waits for an acknowledgement', () => {
    const { RESUME_BUFFER_BYTES, RESUME_ACKNOWLEDGE_BYTES, TUNNEL_CONNECTION_WINDOW_BYTES } = LIMITS;
    expect(RESUME_BUFFER_BYTES).toBeGreaterThan(TUNNEL_CONNECTION_WINDOW_BYTES + 2 * RESUME_ACKNOWLEDGE_BYTES);
  });
});
