import { randomBytes } from 'node:crypto';
import { OffsetOutOfRange, ReplayBuffer } from './replay-buffer';

const KB = 1024;
const CHUNKS: [string, number[]][] = [
  ['nothing', []],
  ['one byte', [1]],
  ['small chunks', [3, 1, 5, 2]],
  ['empty chunks', [0, 4, 0]],
  ['large chunks', [4 * KB, 64 * KB, 3 * KB]],
  ['both, mixed', [10, 20, 8 * KB, 30, 2 * KB, 1]],
  ['more small chunks than one block holds', Array<number>(40).fill(1000)],
];

describe.each(CHUNKS)('a replay buffer of %s', (_what, lengths) => {
  const sent = lengths.map((length) => randomBytes(length));
  const all = Buffer.concat(sent);
  const filled = () => {
    const buffer = new ReplayBuffer();
    for (const chunk of sent) buffer.append(chunk);
    return buffer;
  };
  /** Every offset if there are few; else those around the chunks, too. */
  const ends = lengths.map((_length, at) => lengths.slice(0, at + 1).reduce((sum, each) => sum + each, 0));
  const offsets = [0, ...ends].flatMap((end) => [end - 1, end, end + 1]).filter((at) => at >= 0 && at <= all.length);

  it('has what follows the acknowledged offset, wherever that lies', () => {
    for (const offset of offsets) {
      const buffer = filled();
      buffer.acknowledge(offset);
      expect(Buffer.concat(buffer.contents()).equals(all.subarray(offset))).toBe(true);
      expect(buffer.bytes).toBe(all.length - offset);
      buffer.append(Buffer.from('more'));
      const rest = Buffer.concat([all.subarray(offset), Buffer.from('more')]);
      expect(Buffer.concat(buffer.contents()).equals(rest)).toBe(true);
    }
  });

  it('keeps nothing of what is acknowledged step by step', () => {
    const buffer = filled();
    for (const offset of [...new Set(offsets)].sort((a, b) => a - b)) {
      buffer.acknowledge(offset);
      expect(Buffer.concat(buffer.contents()).equals(all.subarray(offset))).toBe(true);
    }
    expect(buffer.contents()).toEqual([]);
  });

  it('refuses an offset behind the last one and one beyond what was sent, and stays as it was', () => {
    const buffer = filled();
    buffer.append(Buffer.from('last'));
    buffer.acknowledge(1);
    for (const offset of [0, all.length + 5, Number.MAX_SAFE_INTEGER])
      expect(() => buffer.acknowledge(offset)).toThrow(OffsetOutOfRange);
    expect(buffer.bytes).toBe(all.length + 3);
  });
});

it('a replay buffer copies small chunks, and uses little more memory than their bytes', () => {
  const buffer = new ReplayBuffer();
  const chunk = Buffer.from('abc');
  for (let count = 0; count < 10_000; count++) buffer.append(chunk);
  chunk.fill('x');
  expect(Buffer.concat(buffer.contents()).toString()).toBe('abc'.repeat(10_000));
  const memory = new Set(buffer.contents().map((each) => each.buffer));
  expect([...memory].reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(1.5 * buffer.bytes + 16 * KB);
});
