import { clientFrame, ofServer, type ClientFrame } from './client-frames';
import { cut, MESSAGE_BYTES, readByPlaten, readByWs, type Peer } from './frame-readings';

/** Numbers that a seed repeats (mulberry32). */
export function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const SOMETHING = (() => {
  const roll = dice(0);
  return Buffer.from(Array.from({ length: 2 * MESSAGE_BYTES }, () => roll(256)));
})();
const TEXTS = Buffer.from('aé€😀'.repeat(50));

/** Random frames, most of them permitted, and random cuts of their bytes into chunks. */
export function randomStream(seed: number, peer: Peer): Buffer[] {
  const roll = dice(seed);
  const chance = (percent: number) => roll(100) < percent;
  const one = <T>(values: readonly T[]) => values[roll(values.length)]!;
  const hostile = chance(50) ? 8 : 0;
  const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 60, 95, 96, 97, 125, 126, 127, 300, 1024];
  const piece = (of: Buffer, at: number, length: number) => of.subarray(at, at + length);
  const content = (length: number) => piece(SOMETHING, roll(SOMETHING.length - length), length);
  // Ten bytes are four whole characters.
  const text = (length: number) => piece(TEXTS, 0, chance(90) ? length * 10 : length);
  let message = 0;

  const next = (): ClientFrame => {
    const length = chance(1) ? one([4_000, 16_384, MESSAGE_BYTES, MESSAGE_BYTES + 1]) : one(lengths);
    const key = content(chance(3) ? 0 : 4);
    const masked = { key: key.length === 4 ? key : Buffer.alloc(4) };
    if (chance(20)) {
      const opcode = chance(3) ? 8 : one([9, 10]);
      const code = Buffer.from([one([3, 3, 3, 15, 0]), one([232, 233, 236, 160, 237])]);
      const reason = chance(80) ? Buffer.from('bye') : content(3);
      return {
        ...masked,
        opcode,
        payload: opcode === 8 && chance(80) ? Buffer.concat([code, reason]) : content(one([0, 1, 4, 125])),
      };
    }
    const opcode = message === 0 ? one([1, 2, 2, 2]) : 0;
    const kind = message === 0 ? opcode : message;
    const isFinal = chance(70);
    message = isFinal ? 0 : kind;
    return { ...masked, opcode, isFinal, payload: kind === 1 ? text(one([0, 1, 3, 20])) : content(length) };
  };
  const spoil = (frame: ClientFrame): ClientFrame =>
    one<(frame: ClientFrame) => ClientFrame>([
      (each) => ({ ...each, reserved: 1 + roll(7) }),
      (each) => ({ ...each, opcode: roll(16) }),
      (each) => ({ ...each, isFinal: !(each.isFinal ?? true) }),
      (each) => ({ ...each, key: undefined }),
      (each) => ({ ...each, length: BigInt(roll(MESSAGE_BYTES * 2)) }),
      (each) => ({ ...each, length: one([2n ** 63n, 2n ** 53n, 2n ** 32n, 2n ** 64n - 1n]), lengthBytes: 8 }),
      (each) => ({ ...each, lengthBytes: one([2, 8]) }),
    ])(frame);

  const frames = Array.from({ length: 1 + roll(12) }, () => {
    const frame = next();
    const sent = chance(hostile) ? spoil(frame) : frame;
    return clientFrame(peer === 'client' ? sent : ofServer(sent));
  });
  const bytes = Buffer.concat(frames);
  if (hostile > 0 && chance(20)) bytes[roll(bytes.length)]! ^= 1 << roll(8);
  const end = chance(10) ? roll(bytes.length + 1) : bytes.length;
  const sizes = Array.from({ length: 1 + roll(6) }, () => one([1, 1, 2, 5, 13, 14, 50, 500, 70_000]));
  return cut(bytes.subarray(0, end), sizes);
}

/**
 * Compares Platen with `ws`, and with itself when the bytes arrive in one chunk and in small ones.
 * @returns what differs; undefined: nothing
 */
export function difference(chunks: readonly Buffer[], peer: Peer): string | undefined {
  const [platen, ws] = [readByPlaten(chunks, peer), readByWs(chunks, peer)];
  const whole = Buffer.concat(chunks);
  if (platen.violation !== ws.violation) return `refused with ${platen.violation}, by ws with ${ws.violation}`;
  const [texts, expected] = [platen.events, ws.events].map((events) => events.map(withoutPlace).join('\n'));
  if (texts !== expected) return `events:\n${texts}\nby ws:\n${expected}`;
  // `ws` keeps what it has of a message that is not complete.
  if (!platen.bytes.subarray(0, ws.bytes.length).equals(ws.bytes)) return 'other bytes than ws';
  for (const other of [[whole], cut(whole, [whole.length < 300 ? 1 : 37])]) {
    const again = readByPlaten(other, peer);
    if (!again.bytes.equals(platen.bytes)) return `other bytes in ${other.length} chunks`;
    if (again.violation !== platen.violation) return `refused with ${again.violation} in ${other.length} chunks`;
    if (again.events.join() !== platen.events.join()) return `other events in ${other.length} chunks`;
  }
  return undefined;
}

/** A control frame within a message that is not complete comes later by `ws`. */
const withoutPlace = (event: string) => event.slice(event.indexOf(' '));
